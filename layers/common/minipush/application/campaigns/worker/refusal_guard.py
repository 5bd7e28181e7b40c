"""What 43101 is worth in a campaign: nothing is left of a user's count, or WeChat only says so.

Bursts of sends have met masses of it that went through some minutes later. So whoever is refused so is kept in hand
until the page is written. After a sudden mass nobody is believed to have nothing left: the worker stops, and another
begins slowly some minutes later with the same users. What it hears of the first hundred is believed: that is the
second look. As many as are refused then are usual from then on. Unless they are most, half the rate that brought
the mass is the most.
"""

import asyncio
import enum
import logging
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from minipush.application.delivery.attempt import CLAIM_NOT_SETTLED
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.refused_recipient import RefusedRecipient
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.domain.campaigns import RefusalState, Segment
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.permits import NOTHING_LEFT

logger = logging.getLogger(__name__)

# Enough to tell a mass from bad luck, few enough to stop early: a campaign's users are spread over its segments.
LAST = 100
MASS = 12
SHARE = 25
# So many times the usual share are no chance.
SUDDEN = 3
# For WeChat to come to itself: what was refused went through "some minutes later".
REST_SECONDS = 120
# Calls a second: no burst, and a hundred of them take no minute.
SLOW = 5.0


class RefusalDecision(enum.Enum):
    """What becomes of a user who was refused. `REFUSED_AGAIN` says nothing about those who were not in doubt."""

    SPARED = "to come back"
    REFUSED = "refused"
    REFUSED_AGAIN = "refused at the second look"


class RefusalGuard:
    """For one carrier of a segment. `doubted`: a sudden mass has come, and nobody is believed any more.

    `settle_by` is on time.monotonic(): later the ledger isn't waited for.
    """

    def __init__(
        self, ledger: Ledger, rate_limiter: RateLimiter, segment: Segment, clock: Clock, settle_by: float
    ) -> None:
        self._ledger = ledger
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._settle_by = settle_by
        self._held: dict[str, tuple[RefusedRecipient, bool]] = {}
        self._last: deque[bool] = deque(maxlen=LAST)
        counts = segment.counts
        self._heard = counts.total - counts.skipped
        self._refused = counts.by_reason.get(Reason.REFUSED, 0)
        self.refusal_state = segment.refusal_state
        self.doubted = False
        if most := self.refusal_state.most:
            rate_limiter.begin_slowly(*(SLOW, SLOW) if self.refusal_state.look_again else (most, most))

    def hold(self, refused: RefusedRecipient) -> None:
        """Until it is settled."""
        self._held[refused.user.openid] = refused, self._is_second_look

    def record(self, outcome: Outcome) -> bool:
        """Whether that makes a sudden mass."""
        if outcome.status is Status.SKIPPED:
            return False
        refused = is_refusal(outcome)
        self._last.append(refused)
        self._heard += 1
        self._refused += refused
        if self._is_second_look:
            self._look_again()
        elif refused and not self.doubted and self._is_sudden():
            self._doubt()
            return True
        return False

    async def settle(self, outcomes: Iterable[Outcome]) -> dict[str, RefusalDecision]:
        """What becomes of those who were refused: some have their permit again, the counts of the others are empty."""
        if not self._held:
            return {}
        openids = [outcome.openid for outcome in outcomes if outcome.openid in self._held]
        fates = await asyncio.gather(*(self._settle(*self._held.pop(openid)) for openid in openids))
        return dict(zip(openids, fates, strict=True))

    @property
    def _is_second_look(self) -> bool:
        return self.refusal_state.look_again and not self.doubted

    def _look_again(self) -> None:
        if len(self._last) < LAST:
            return
        again = sum(self._last)
        usual = max(100 * again // LAST, self.refusal_state.usual)
        if 2 * again > LAST:
            logger.warning("43101 again to %d of %d: believed", again, LAST)
            self.refusal_state = RefusalState(usual=usual)
            self._rate_limiter.be_fast()
        else:
            self.refusal_state = replace(self.refusal_state, look_again=False, usual=usual)
            self._rate_limiter.begin_slowly(SLOW, self.refusal_state.most)

    def _doubt(self) -> None:
        most = max(int(SLOW), int(self._rate_limiter.per_second / 2))
        logger.warning("a sudden mass of 43101: doubted, and %d calls a second at most", most)
        self.doubted = True
        self.refusal_state = replace(self.refusal_state, look_again=True, most=most)

    def _is_sudden(self) -> bool:
        refused, count = sum(self._last), len(self._last)
        usual = max(self._share_before, self.refusal_state.usual)
        return refused >= MASS and 100 * refused / count >= max(SHARE, SUDDEN * usual)

    @property
    def _share_before(self) -> float:
        """Percentage of refusals before the last hundred, where these were enough to tell: no mass is its own measure."""
        before = self._heard - len(self._last)
        return 100 * (self._refused - sum(self._last)) / before if before >= LAST else 0

    async def _settle(self, refused: RefusedRecipient, second: bool) -> RefusalDecision:  # noqa: FBT001  # as it was held
        """Another that has this claim has the segment, too, and our page is not kept."""
        try:
            async with asyncio.timeout(self._settle_by - time.monotonic()):
                if self.doubted and not second:
                    return (
                        RefusalDecision.SPARED
                        if await refused.spare(self._ledger)
                        else RefusalDecision.REFUSED
                    )
                await refused.invalidate_all(self._ledger, self._clock())
        except TimeoutError:
            logger.warning(CLAIM_NOT_SETTLED, extra={"permit_kind": refused.permit.kind.name})
        return RefusalDecision.REFUSED_AGAIN if second else RefusalDecision.REFUSED


def is_refusal(outcome: Outcome) -> bool:
    """Also of one that is unknown, for an earlier try may have arrived: a mass of these is one, too."""
    return outcome.errcode == NOTHING_LEFT
