"""The pool: all live permits, as the sweep last measured it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from minipush.domain.permits import Permit

DAYS_AHEAD = 7


def utc_day(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, UTC).date()


@dataclass(slots=True)
class PoolMeasure:
    """Counts live permits as users pass by; `now` (ms) is fixed when the pass begins.

    A user's items come together in a Scan but may straddle two pages, so the last user counted is part
    of the measure.
    """

    now: int
    reachable_users: int = 0
    permits: int = 0
    expiring: dict[str, int] = field(default_factory=dict)
    last_reachable: str = ""

    def count(self, openid: str, permit: Permit) -> None:
        if not permit.is_live(self.now):
            return
        self.permits += 1
        if openid != self.last_reachable:
            self.reachable_users += 1
            self.last_reachable = openid
        if permit.expires_at is not None:
            day = utc_day(permit.expires_at).isoformat()
            self.expiring[day] = self.expiring.get(day, 0) + 1

    def expiring_by_day(self) -> list[tuple[str, int]]:
        """(UTC day, permits) for the rest of today and each of the next seven days."""
        today = utc_day(self.now)
        days = [(today + timedelta(days=n)).isoformat() for n in range(DAYS_AHEAD + 1)]
        return [(day, self.expiring.get(day, 0)) for day in days]
