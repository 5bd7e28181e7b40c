"""The pool: all live permits and whom they reach, as the sweep last measured it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched

from minipush.domain.hours import LAST_HOUR, hour_of, quiet_spans
from minipush.domain.permits import Permit
from minipush.domain.users import Settings

DAYS_AHEAD = 7
DAY_MS = 24 * 60 * 60 * 1000
# The measure is written with each page, and DynamoDB takes no item of over 400 KB. An account has 25 templates at
# a time (200012 says so), but permits outlast theirs.
TEMPLATES = 100
# What a formId or a prepay_id reaches by, whatever the template.
CLASSIC = ""
NEVER = LAST_HOUR + 1


@dataclass(slots=True)
class Reach:
    """What one kind of message can count on: one template's subscriptions, or the permits of classic messages.

    `gone`: permits by the hour from which they have expired. `changes`: by how many the users who can be reached grow
    or shrink with an hour, at which a last permit expires, or quiet hours begin or end.
    """

    permits: int = 0
    gone: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)

    def users_at(self, hour: int) -> int:
        """Past the last hour that was measured, as at the same time of the last day."""
        hour = hour if hour <= LAST_HOUR else LAST_HOUR - (LAST_HOUR - hour) % 24
        return sum(change for at, change in self.changes.items() if at <= hour)

    def gone_by(self, hour: int) -> int:
        return sum(permits for at, permits in self.gone.items() if at <= hour)

    def count_permit(self, end: int) -> None:
        self.permits += 1
        if end <= LAST_HOUR:
            self.gone[end] = self.gone.get(end, 0) + 1

    def count_user(self, end: int, quiet: tuple[int, ...]) -> None:
        """`end`: the hour from which no permit is left. `quiet`: quiet_spans."""
        self._change(0, 1)
        self._change(end, -1)
        for begin, over in batched(quiet, 2, strict=True):
            if begin >= end:
                break
            self._change(begin, -1)
            self._change(min(over, end), 1)

    def _change(self, hour: int, by: int) -> None:
        if hour > LAST_HOUR:
            return
        change = self.changes.get(hour, 0) + by
        if change:
            self.changes[hour] = change
        else:
            del self.changes[hour]


@dataclass(slots=True)
class Passer:
    """A user whose items are passing by. `ends`: by kind of message, the hour from which no permit is left."""

    openid: str
    opt_out: bool = False
    quiet: tuple[int, ...] = ()
    is_live: bool = False
    ends: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PoolMeasure:
    """Counts live permits and their users as they pass by; `now` (ms) is fixed when the pass begins.

    A user's items come together in a Scan, settings first, but may straddle two pages: so the user who is passing is
    part of the measure. `expiring`: permits by the day, since the epoch, on which they expire. `reaches`: by
    template_id, and CLASSIC. Permits of templates beyond the first hundred met are only in the sums.
    """

    now: int
    reachable_users: int = 0
    permits: int = 0
    expiring: dict[int, int] = field(default_factory=dict)
    reaches: dict[str, Reach] = field(default_factory=lambda: {CLASSIC: Reach()})
    passer: Passer | None = None

    def count(self, openid: str, item: Settings | Permit) -> None:
        passer = self.passer
        if passer is None or passer.openid != openid:
            self.close()
            passer = self.passer = Passer(openid)
        if isinstance(item, Permit):
            self._count_permit(passer, item)
        else:
            passer.opt_out = item.opt_out
            passer.quiet = quiet_spans(item.quiet_hours, self.now) if item.quiet_hours else ()

    def close(self) -> None:
        """All of the user who is passing has been seen."""
        passer, self.passer = self.passer, None
        if passer is None or not passer.is_live or passer.opt_out:
            return
        self.reachable_users += 1
        for template_id, end in passer.ends.items():
            self.reaches[template_id].count_user(end, passer.quiet)

    def expiring_by_day(self) -> list[tuple[str, int]]:
        """(UTC day, permits) for the rest of today and each of the next seven days."""
        today = self.now // DAY_MS
        first = datetime.fromtimestamp(self.now / 1000, UTC).date()
        days = [(first + timedelta(days=n), today + n) for n in range(DAYS_AHEAD + 1)]
        return [(day.isoformat(), self.expiring.get(number, 0)) for day, number in days]

    def _count_permit(self, passer: Passer, permit: Permit) -> None:
        if not permit.is_live(self.now):
            return
        self.permits += 1
        passer.is_live = True
        end = self._end_of(permit)
        template_id = permit.template_id or CLASSIC
        reach = self._reach_of(template_id)
        if reach:
            reach.count_permit(end)
            passer.ends[template_id] = max(end, passer.ends.get(template_id, 0))

    def _end_of(self, permit: Permit) -> int:
        if permit.expires_at is None:
            return NEVER
        day = permit.expires_at // DAY_MS
        self.expiring[day] = self.expiring.get(day, 0) + 1
        return hour_of(permit.expires_at, self.now)

    def _reach_of(self, template_id: str) -> Reach | None:
        reach = self.reaches.get(template_id)
        if reach is None and len(self.reaches) <= TEMPLATES:
            reach = self.reaches[template_id] = Reach()
        return reach
