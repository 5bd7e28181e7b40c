"""What is known of a campaign's audience before it starts: how many recipients to expect, and what is wrong with it."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minipush.application.messages.check_text import text_of
from minipush.domain.accounts import AccountKind
from minipush.domain.campaign_progress import Warning  # noqa: A004
from minipush.domain.campaigns import AudienceType, Plan
from minipush.domain.pool import CLASSIC, PoolMeasure
from minipush.domain.pool_hours import hour_of
from minipush.errors import StoreError

if TYPE_CHECKING:
    from minipush.application.ports.clock import Clock
    from minipush.application.ports.sweeps import SweepStore

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assessment:
    """`expected`: recipients by the last measure; None where the audience names them, or without a measure, which the
    followers of the official account are not part of.
    """

    expected: int | None
    warnings: tuple[Warning, ...]


class AssessAudience:
    def __init__(self, sweeps: "SweepStore", clock: "Clock") -> None:
        self._sweeps = sweeps
        self._clock = clock

    def __call__(self, plan: Plan, *, is_text_checked: bool) -> Assessment:
        """A store that fails costs the estimate only. No measure tells of the users of an app."""
        if plan.audience.type is AudienceType.APP:
            return Assessment(None, ())
        try:
            expected, tagged = self._expected(plan)
        except StoreError:
            logger.warning("an audience could not be estimated", exc_info=True)
            expected = tagged = None
        found = {
            Warning.UNKNOWN_TAG: tagged == 0,
            Warning.EMPTY_AUDIENCE: expected == 0,
            Warning.NO_TEXT_CHECK: not is_text_checked and bool(text_of(plan.message)),
            # WeChat has switched template messages off: see docs/api.md.
            Warning.RETIRED_INTERFACE: not plan.message.type.has_field_rules,
        }
        return Assessment(expected, tuple(warning for warning, is_due in found.items() if is_due))

    def _expected(self, plan: Plan) -> tuple[int | None, int | None]:
        """Recipients, and users with the audience's tag."""
        is_measured = plan.message.type.account is AccountKind.MINI_PROGRAM
        if plan.audience.type is AudienceType.OPENIDS or not is_measured:
            return None, None
        pool = self._sweeps.pool()
        holders = _holders(pool, plan, max(plan.at or 0, self._clock())) if pool else None
        if plan.audience.type is not AudienceType.TAG or plan.audience.tag is None:
            return holders, None
        measure = self._sweeps.tags()
        tagged = measure.users_with(plan.audience.tag) if measure else None
        known = [number for number in (holders, tagged) if number is not None]
        return min(known, default=None), tagged


def _holders(pool: PoolMeasure, plan: Plan, at: int) -> int | None:
    """Users with a permit for the message, and for an expiring audience those who lose the last one in time."""
    template_id = CLASSIC if not plan.message.type.has_field_rules else plan.message.template_id
    reach = pool.reaches.get(template_id)
    if reach is None:
        return None if pool.unlisted_permits else 0

    def holders(instant: int) -> int:
        first = hour_of(instant, pool.now)
        # Users in quiet hours are recipients, too: the hour of the day with the fewest of them counts.
        return max(reach.users_at(hour) for hour in range(first, first + 24))

    if plan.audience.within_hours is None:
        return holders(at)
    return max(0, holders(at) - holders(at + plan.audience.within_hours * 60 * 60 * 1000))
