"""Decides in a campaign whether 43101 is true: the user has accepted nothing more, or WeChat only says so.

Bursts of sends have met masses of 43101 that went through some minutes later. So the guard defers its decision about
each refused user until the page is written. After a sudden mass it believes no refusal: the worker gives the permits
back and stops, and another one begins slowly with the same users some minutes later. That one makes a second check:
it believes what WeChat says about the first hundred. The share that is refused then counts as usual from then on.
Unless most are refused, the campaign goes no faster than half the rate that brought the mass.
"""

import asyncio
import enum
import logging
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from minipush.application.campaigns.worker.settings import RefusalThresholds
from minipush.application.delivery.claims import CLAIM_NOT_SETTLED
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.domain.campaigns import RefusalState, Segment
from minipush.domain.messages import Outcome, Reason, Status

logger = logging.getLogger(__name__)


class RefusalDecision(enum.Enum):
    """About one refused user. `REFUSED_AGAIN` is no sign of how the other users fare."""

    SPARED = "gets the permit back, and another try"
    REFUSED = "refused"
    REFUSED_AGAIN = "refused at the second check"


class RefusalGuard:
    """For one owner of a segment. `is_doubting`: a sudden mass has come, and no refusal is believed any more.

    After `resolve_by` (on time.monotonic()) the ledger isn't waited for.
    """

    def __init__(
        self,
        ledger: Ledger,
        rate_limiter: RateLimiter,
        segment: Segment,
        clock: Clock,
        resolve_by: float,
        thresholds: RefusalThresholds,
    ) -> None:
        self._ledger = ledger
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._resolve_by = resolve_by
        self._thresholds = thresholds
        self._deferred: dict[str, tuple[RefusedRecipient, bool]] = {}
        before = (cause is not None and cause.reason is Reason.REFUSED for cause in segment.error_window)
        self._last: deque[bool] = deque(before, thresholds.window)
        self._answered = segment.counts.total - segment.counts.skipped
        self._refused = segment.counts.by_reason.get(Reason.REFUSED, 0)
        self._state = replace(segment.refusal_state, checked=0, again=0)
        self._checked, self._again = segment.refusal_state.checked, segment.refusal_state.again
        self.is_doubting = False
        self._limit_rate()

    def _limit_rate(self) -> None:
        state, slow = self._state, self._thresholds.slow_rate
        if state.check_again:
            self._rate_limiter.begin_slowly(slow, slow)
        elif state.most:
            self._rate_limiter.begin_slowly(max(state.rate, slow), state.most)

    def refusal_state(self, *, hands_on: bool) -> RefusalState:
        """For the next worker. If this one hands the segment on, the next one goes on in the middle of a second check.

        After a death, the check begins anew: some of its users are tried again.
        """
        if not hands_on:
            return self._state
        if self._is_second_check:
            return replace(self._state, checked=self._checked, again=self._again)
        if not self._state.most or self.is_doubting:
            return self._state
        return replace(self._state, rate=int(min(self._rate_limiter.rate, self._state.most)))

    @property
    def has_deferred(self) -> bool:
        return bool(self._deferred)

    def defer(self, refused: RefusedRecipient) -> None:
        """Leave the decision about this user to `resolve`."""
        self._deferred[refused.user.openid] = refused, self._is_second_check

    def record(self, outcome: Outcome) -> bool:
        """Return whether this outcome makes a sudden mass."""
        if outcome.status is Status.SKIPPED:
            return False
        refused = is_refusal(outcome)
        self._last.append(refused)
        self._answered += 1
        self._refused += refused
        if self._is_second_check:
            self._check_again(refused=refused)
        elif refused and not self.is_doubting and self._is_sudden():
            self._doubt()
            return True
        return False

    async def resolve(self, outcomes: Iterable[Outcome]) -> dict[str, RefusalDecision]:
        """Decide about the deferred users among the outcomes, by openid: give their permits back, or invalidate them."""
        if not self._deferred:
            return {}
        openids = [outcome.openid for outcome in outcomes if outcome.openid in self._deferred]
        decisions = await asyncio.gather(*(self._resolve(*self._deferred.pop(openid)) for openid in openids))
        return dict(zip(openids, decisions, strict=True))

    @property
    def _is_second_check(self) -> bool:
        return self._state.check_again and not self.is_doubting

    def _check_again(self, *, refused: bool) -> None:
        window = self._thresholds.window
        self._checked += 1
        self._again += refused
        if self._checked < window:
            return
        again = self._again
        usual = max(100 * again // window, self._state.usual)
        if 2 * again > window:
            logger.warning("43101 again for %d of %d messages: believed", again, window)
            self._state = RefusalState(usual=usual)
            self._rate_limiter.be_fast()
        else:
            self._state = replace(self._state, check_again=False, usual=usual, checked=0, again=0)
            self._rate_limiter.begin_slowly(self._thresholds.slow_rate, self._state.most)

    def _doubt(self) -> None:
        most = max(int(self._thresholds.slow_rate), int(self._rate_limiter.per_second / 2))
        logger.warning("a sudden mass of 43101: not believed; at most %d calls a second from now on", most)
        self.is_doubting = True
        self._state = RefusalState(check_again=True, usual=self._state.usual, most=most)
        self._checked = self._again = 0

    def _is_sudden(self) -> bool:
        refused, count, limits = sum(self._last), len(self._last), self._thresholds
        usual = max(self._share_before, self._state.usual)
        return refused >= limits.mass and 100 * refused / count >= max(limits.share, limits.sudden * usual)

    @property
    def _share_before(self) -> float:
        """Percentage of refusals before the last window, 0 where there were too few messages.

        The window itself is left out: a mass must not be compared with itself.
        """
        before = self._answered - len(self._last)
        return 100 * (self._refused - sum(self._last)) / before if before >= self._thresholds.window else 0

    async def _resolve(self, refused: RefusedRecipient, second: bool) -> RefusalDecision:  # noqa: FBT001  # as it was deferred
        """If another worker has this claim, it also has the segment, and our page isn't kept."""
        try:
            async with asyncio.timeout(self._resolve_by - time.monotonic()):
                if self.is_doubting and not second:
                    is_spared = await refused.spare(self._ledger)
                    return RefusalDecision.SPARED if is_spared else RefusalDecision.REFUSED
                await refused.invalidate_all(self._ledger, self._clock())
        except TimeoutError:
            logger.warning(CLAIM_NOT_SETTLED, extra={"permit_kind": refused.permit.kind.name})
        return RefusalDecision.REFUSED_AGAIN if second else RefusalDecision.REFUSED


def is_refusal(outcome: Outcome) -> bool:
    """Also for an unknown outcome, where an earlier try may have arrived: a mass of these counts, too."""
    return outcome.permits_exhausted
