"""Statistics: what became of permits and messages in an hour or a day, both in UTC."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from minipush.domain.messages import Outcome, Reason, Status

KEPT_DAYS = 400
CLOSE_AFTER_MS = 10 * 60 * 1000
"""How long after its end a day is closed: clocks differ, and a write may take its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Numbers that are added up over processes and hours.

    `collected`, `spent` and `expired` are permits: three for a prepay_id, and a long-term one is never spent.
    `by_reason`: the messages that failed or were skipped. A correction has negative numbers.
    """

    collected: int = 0
    spent: int = 0
    expired: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of_outcomes(cls, outcomes: Iterable[Outcome]) -> Self:
        """What direct sends or a page of a campaign's report add."""
        by_status = dict.fromkeys(Status, 0)
        by_reason: dict[str, int] = {}
        spent = 0
        for outcome in outcomes:
            by_status[outcome.status] += 1
            spent += _has_spent(outcome)
            if outcome.reason:
                by_reason[outcome.reason.value] = by_reason.get(outcome.reason.value, 0) + 1
        by_name = {status.value: count for status, count in by_status.items()}
        return cls(spent=spent, by_reason=by_reason, **by_name)

    @classmethod
    def of_late_failure(cls, before: Status, reason: Reason) -> Self:
        """A message that had the status `before` could not be delivered."""
        moved = {before.value: -1, Status.FAILED.value: 1}
        return cls(by_reason={reason.value: 1}, **moved)

    @classmethod
    def of_arrivals(cls, count: int) -> Self:
        """So many messages that were in doubt have arrived."""
        return cls(unknown=-count, sent=count)

    def plus(self, other: Self) -> Self:
        by_reason = dict(self.by_reason)
        for reason, count in other.by_reason.items():
            by_reason[reason] = by_reason.get(reason, 0) + count
        sums = {name: getattr(self, name) + getattr(other, name) for name in NUMBERS}
        return type(self)(by_reason=by_reason, **sums)

    @property
    def is_empty(self) -> bool:
        return self == NOTHING


NOTHING = Activity()
NUMBERS = tuple(each.name for each in fields(Activity) if each.name != "by_reason")


def _has_spent(outcome: Outcome) -> bool:
    """The permit of a message in doubt is spent, too: it is not used again."""
    is_used = outcome.status in (Status.SENT, Status.UNKNOWN)
    return is_used and outcome.permit_kind is not None and not outcome.permit_kind.is_reusable


@dataclass(frozen=True, slots=True)
class PoolSize:
    """What a sweep measured."""

    reachable_users: int
    permits: int


@dataclass(frozen=True, slots=True)
class StatisticsEntry:
    """An hour or a day. `at`: its start (ms). `pool`: the last measure in it, if there was one."""

    at: int
    activity: Activity = Activity()
    pool: PoolSize | None = None


def day_entry(at: int, hours: Iterable[StatisticsEntry]) -> StatisticsEntry:
    """The sum of a day's hours, which come in their order. `at`: the start of the day (ms)."""
    activity, pool = Activity(), None
    for hour in hours:
        activity, pool = activity.plus(hour.activity), hour.pool or pool
    return StatisticsEntry(at, activity, pool)
