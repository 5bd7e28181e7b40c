"""The pool: all live permits and the users they reach, as the sweep last measured them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Self

from minipush.domain.permits import Permit
from minipush.domain.pool_hours import LAST_HOUR, hour_of, quiet_spans
from minipush.domain.timestamps import DAY_MS
from minipush.domain.users import UserSettings

DAYS_AHEAD = 7
# The measure is saved with each page, in an item of 400 KB at most. An account has 25 templates at a time (errcode
# 200012), but permits outlast their templates, and users may report templates that never existed.
MAX_TEMPLATES = 100
# Stands in for the template of formIds and prepay_ids, which serve any template.
CLASSIC = ""
NEVER = LAST_HOUR + 1


@dataclass(slots=True)
class Reach:
    """Live permits for one kind of message: one template's subscriptions, or classic template messages.

    `expired`: permits by the hour from which they have expired. `changes`: by how many the number of reachable users
    changes at an hour, because a user's last permit expires, or quiet hours begin or end.
    """

    permits: int = 0
    expired: dict[int, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)

    def users_at(self, hour: int) -> int:
        """Reachable users. Beyond LAST_HOUR: the number at the same time of the last measured day."""
        hour = hour if hour <= LAST_HOUR else LAST_HOUR - (LAST_HOUR - hour) % 24
        return sum(change for at, change in self.changes.items() if at <= hour)

    def expired_by(self, hour: int) -> int:
        """How many of the permits have expired by then."""
        return sum(permits for at, permits in self.expired.items() if at <= hour)

    def count_permit(self, end: int) -> None:
        self.permits += 1
        if end <= LAST_HOUR:
            self.expired[end] = self.expired.get(end, 0) + 1

    def count_user(self, end: int, quiet: tuple[int, ...]) -> None:
        """`end`: the hour from which the user has no permit. `quiet`: see quiet_spans."""
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
class CurrentUser:
    """The user whose items are being counted. `ends`: by kind of message, the hour from which no permit is left."""

    openid: str
    opt_out: bool = False
    quiet: tuple[int, ...] = ()
    has_live_permit: bool = False
    ends: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class PoolMeasure:
    """Counts live permits and their users, item by item. `now` (ms) is fixed at the start.

    A Scan gives a user's items together, settings first, but possibly on two pages. So the current user is part of the
    measure. `expiring`: permits by the day, since the epoch, on which they expire. `reaches`: by template_id, and
    CLASSIC. `known`: the account's templates, for which there is always room. Other templates beyond MAX_TEMPLATES
    count in the sums only, and in `unlisted_permits`. `expired`: unspent permits that expired after `expired_since`
    (ms, when the last measure began; None for the first one).
    """

    now: int
    reachable_users: int = 0
    permits: int = 0
    expiring: dict[int, int] = field(default_factory=dict)
    reaches: dict[str, Reach] = field(default_factory=lambda: {CLASSIC: Reach()})
    current: CurrentUser | None = None
    known: list[str] = field(default_factory=list)
    unlisted_permits: int = 0
    expired_since: int | None = None
    expired: int = 0

    @classmethod
    def begin(cls, now: int, known: list[str], before: int | None = None) -> Self:
        """`before`: when the last measure began (ms)."""
        listed = known[:MAX_TEMPLATES]
        reaches = {id_: Reach() for id_ in (CLASSIC, *listed)}
        return cls(now, known=listed, reaches=reaches, expired_since=before)

    def count(self, openid: str, item: UserSettings | Permit) -> None:
        current = self.current
        if current is None or current.openid != openid:
            self.finish()
            current = self.current = CurrentUser(openid)
        if isinstance(item, Permit):
            self._count_permit(current, item)
        else:
            current.opt_out = item.opt_out
            current.quiet = quiet_spans(item.quiet_hours, self.now) if item.quiet_hours else ()

    def finish(self) -> None:
        """Count the current user, all of whose items have come."""
        user, self.current = self.current, None
        if user is None or not user.has_live_permit or user.opt_out:
            return
        self.reachable_users += 1
        for template_id, end in user.ends.items():
            self.reaches[template_id].count_user(end, user.quiet)

    def expiring_by_day(self) -> list[tuple[str, int]]:
        """(UTC day, permits) for the rest of today and each of the next seven days."""
        today = self.now // DAY_MS
        first = datetime.fromtimestamp(self.now / 1000, UTC).date()
        days = [(first + timedelta(days=n), today + n) for n in range(DAYS_AHEAD + 1)]
        return [(day.isoformat(), self.expiring.get(number, 0)) for day, number in days]

    def _count_permit(self, user: CurrentUser, permit: Permit) -> None:
        if not permit.is_live(self.now):
            self.expired += self._has_expired_since(permit)
            return
        self.permits += 1
        user.has_live_permit = True
        end = self._end_of(permit)
        template_id = permit.template_id or CLASSIC
        reach = self._reach_of(template_id)
        if reach is None:
            self.unlisted_permits += 1
            return
        reach.count_permit(end)
        user.ends[template_id] = max(end, user.ends.get(template_id, 0))

    def _has_expired_since(self, permit: Permit) -> bool:
        """Whether the last measure found it live, or would have: it was never spent."""
        if self.expired_since is None or permit.expires_at is None or permit.claim is not None:
            return False
        return self.expired_since < permit.expires_at <= self.now

    def _end_of(self, permit: Permit) -> int:
        if permit.expires_at is None:
            return NEVER
        day = permit.expires_at // DAY_MS
        self.expiring[day] = self.expiring.get(day, 0) + 1
        return hour_of(permit.expires_at, self.now)

    def _reach_of(self, template_id: str) -> Reach | None:
        reach = self.reaches.get(template_id)
        if reach is None and len(self.reaches) <= MAX_TEMPLATES:
            reach = self.reaches[template_id] = Reach()
        return reach
