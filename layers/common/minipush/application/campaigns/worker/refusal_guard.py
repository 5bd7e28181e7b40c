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

from minipush.application.campaigns.worker.settings import CampaignRefusalThresholds
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
        thresholds: CampaignRefusalThresholds,
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
        self._state = replace(segment.refusal_state, checked=0, refused_in_check=0)
        self._checked = segment.refusal_state.checked
        self._refused_in_check = segment.refusal_state.refused_in_check
        self.is_doubting = False
        self._limit_rate()

    def _limit_rate(self) -> None:
        state, slow = self._state, self._thresholds.slow_rate
        if state.needs_check:
            self._rate_limiter.begin_slowly(slow, slow)
        elif state.max_rate:
            self._rate_limiter.begin_slowly(max(state.rate_reached, slow), state.max_rate)

    def refusal_state(self, *, hands_on: bool) -> RefusalState:
        """For the next worker. If this one hands the segment on, the next one goes on in the middle of a second check.

        After a death, the check begins anew: some of its users are tried again.
        """
        if not hands_on:
            return self._state
        if self._is_checking:
            return replace(self._state, checked=self._checked, refused_in_check=self._refused_in_check)
        if not self._state.max_rate or self.is_doubting:
            return self._state
        return replace(self._state, rate_reached=int(min(self._rate_limiter.rate, self._state.max_rate)))

    @property
    def has_deferred(self) -> bool:
        return bool(self._deferred)

    def defer(self, refused: RefusedRecipient) -> None:
        """Leave the decision about this user to `resolve`."""
        self._deferred[refused.user.openid] = refused, self._is_checking

    def record(self, outcome: Outcome) -> bool:
        """Return whether this outcome makes a sudden mass."""
        if outcome.status is Status.SKIPPED:
            return False
        refused = is_refusal(outcome)
        self._last.append(refused)
        self._answered += 1
        self._refused += refused
        if self._is_checking:
            self._record_in_check(refused=refused)
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
    def _is_checking(self) -> bool:
        """Whether this is the second check."""
        return self._state.needs_check and not self.is_doubting

    def _record_in_check(self, *, refused: bool) -> None:
        self._checked += 1
        self._refused_in_check += refused
        if self._checked >= self._thresholds.window:
            self._end_check(self._refused_in_check, self._thresholds.window)

    def _end_check(self, refused: int, checked: int) -> None:
        usual = max(100 * refused // checked, self._state.usual_percent)
        if 2 * refused > checked:
            logger.warning("43101 again for %d of %d messages: believed", refused, checked)
            self._state = RefusalState(usual_percent=usual)
            self._rate_limiter.be_fast()
        else:
            self._state = RefusalState(usual_percent=usual, max_rate=self._state.max_rate)
            self._rate_limiter.begin_slowly(self._thresholds.slow_rate, self._state.max_rate)

    def _doubt(self) -> None:
        max_rate = max(int(self._thresholds.slow_rate), int(self._rate_limiter.per_second / 2))
        logger.warning(
            "a sudden mass of 43101: not believed; at most %d calls a second from now on", max_rate
        )
        self.is_doubting = True
        usual = self._state.usual_percent
        self._state = RefusalState(needs_check=True, usual_percent=usual, max_rate=max_rate)
        self._checked = self._refused_in_check = 0

    def _is_sudden(self) -> bool:
        usual = max(self._share_before, self._state.usual_percent)
        return self._thresholds.is_sudden(sum(self._last), len(self._last), usual)

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
            logger.warning(CLAIM_NOT_SETTLED, extra=refused.about)
        return RefusalDecision.REFUSED_AGAIN if second else RefusalDecision.REFUSED


def is_refusal(outcome: Outcome) -> bool:
    """Also for an unknown outcome, where an earlier try may have arrived: a mass of these counts, too."""
    return outcome.permits_exhausted
