"""Decides in direct sends whether 43101 is true: the user has accepted nothing more, or WeChat only says so.

Bursts of sends have met masses of 43101 that went through some minutes later. A mass may come in one request to many
users, or in many requests at the same time, each in a process of its own. So processes add up their refusals in the
store, which costs nothing until there is one. After a refusal, the guard waits a moment for those of other processes.
What belongs to a sudden mass is not believed: the permit is given back, and the caller may try again later. If WeChat
refuses the same users again some minutes later, a second check decides: see SecondCheck.

See RefusalGuard for campaigns, which try again by themselves.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from minipush.application.delivery.delivery import Delivery
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.delivery.second_check import CheckedRefusals, SecondCheck
from minipush.application.delivery.sudden_refusals import RefusalThresholds
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.refusals import RefusalCount, RefusalCounts
from minipush.domain.messages import Outcome, Reason, Status
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectRefusalThresholds(RefusalThresholds):
    """`usual_after`: how many earlier messages of this process tell the usual share."""

    recent_ms: int = 10_000
    usual_after: int = 100
    remembered: int = 1000
    wait_seconds: float = 0.5
    """How long a refusal that comes alone waits for others."""


class DirectRefusalGuard:
    """For one process."""

    def __init__(
        self,
        ledger: Ledger,
        counts: RefusalCounts,
        clock: Clock,
        second_check: SecondCheck,
        thresholds: DirectRefusalThresholds | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ledger = ledger
        self._counts = counts
        self._clock = clock
        self._second_check = second_check
        self._thresholds = thresholds or DirectRefusalThresholds()
        self._deferred: dict[tuple[str, str], RefusedRecipient] = {}
        self._last: deque[tuple[int, bool]] = deque(maxlen=self._thresholds.remembered)
        self._unreported: deque[int] = deque(maxlen=self._thresholds.remembered)
        self._sleep = sleep

    def defer(self, refused: RefusedRecipient) -> None:
        """Leave the decision about this user to `resolve`."""
        self._deferred[refused.delivery.holder, refused.user.openid] = refused

    async def resolve(self, delivery: Delivery, outcomes: list[Outcome]) -> list[Outcome]:
        """Give the refused users' permits back, or invalidate them. Returns the outcomes, in their order.

        An unexpected error for one user is raised when all are done.
        """
        self._remember(outcomes)
        deferred = [self._deferred.pop((delivery.holder, outcome.openid), None) for outcome in outcomes]
        if not any(deferred):
            return outcomes
        checked = await self._check([each for each in deferred if each], delivery)
        pairs = zip(deferred, outcomes, strict=True)
        resolving = (self._resolve(*pair, checked) for pair in pairs)
        return _all_or_error(await asyncio.gather(*resolving, return_exceptions=True))

    async def _check(self, refused: list[RefusedRecipient], delivery: Delivery) -> CheckedRefusals:
        if not await self._is_mass(len(refused), delivery):
            return CheckedRefusals(believed={each.user.openid for each in refused})
        checked = await self._second_check(refused)
        doubted = len(refused) - len(checked.believed) - len(checked.settled)
        if doubted:
            logger.warning("a sudden mass of 43101 in direct sends: not believed", extra={"refused": doubted})
        return checked

    def _remember(self, outcomes: Iterable[Outcome]) -> None:
        now = self._clock()
        answered = [(now, each.permits_exhausted) for each in outcomes if each.status is not Status.SKIPPED]
        self._last.extend(answered)
        self._unreported.extend(at for at, _ in answered)

    async def _is_mass(self, refused: int, delivery: Delivery) -> bool:
        usual, answered = self._usual_share(), self._take_unreported()
        try:
            await asyncio.to_thread(self._counts.add, refused, answered, self._clock())
            if self._is_sudden(await self._read(), usual):
                return True
            await self._sleep(max(0.0, min(self._thresholds.wait_seconds, delivery.time_left)))
            return self._is_sudden(await self._read(), usual)
        except StoreError:
            logger.warning("the refusals of other processes are not known", exc_info=True)
            return self._is_sudden(RefusalCount(refused, answered), usual)

    async def _read(self) -> RefusalCount:
        return await asyncio.to_thread(self._counts.read, self._clock())

    def _is_sudden(self, count: RefusalCount, usual: float) -> bool:
        return self._thresholds.is_sudden(count.refused, count.answered, usual)

    def _take_unreported(self) -> int:
        """How many of this process's latest messages no count has yet. Old ones say nothing of a burst."""
        recent = sum(at > self._clock() - self._thresholds.recent_ms for at in self._unreported)
        self._unreported.clear()
        return recent

    def _usual_share(self) -> float:
        """Percentage of refusals before the last seconds, 0 where there were too few messages."""
        since = self._clock() - self._thresholds.recent_ms
        before = [is_refused for at, is_refused in self._last if at <= since]
        return 100 * sum(before) / len(before) if len(before) >= self._thresholds.usual_after else 0

    async def _resolve(
        self, refused: RefusedRecipient | None, outcome: Outcome, checked: CheckedRefusals
    ) -> Outcome:
        if refused is None:
            return outcome
        if settled := checked.settled.get(outcome.openid):
            return settled
        if outcome.openid not in checked.believed:
            await refused.spare(self._ledger)
            return replace(outcome, reason=Reason.WECHAT_UNAVAILABLE)
        if await refused.invalidate_all(self._ledger, self._clock()):
            return outcome
        # Another process has taken over the delivery.
        return Outcome(outcome.openid, Status.UNKNOWN)


def _all_or_error(results: Iterable[Outcome | BaseException]) -> list[Outcome]:
    outcomes = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        outcomes.append(result)
    return outcomes
