"""A campaign's messages by the minute."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from minipush.domain.counts import Counts
from minipush.domain.statistics import NOTHING, Activity
from minipush.domain.timestamps import MINUTE_MS

# A segment keeps the minutes of the present span. The earlier ones are stored apart.
SPAN = 5
# The rate is that of the present minute and the ones before it.
RATED_MINUTES = 3


class Minute(NamedTuple):
    """`at`: in minutes since the epoch. The others are recipients by status."""

    at: int
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.failed + self.skipped + self.unknown

    @property
    def span(self) -> int:
        return self.at // SPAN

    def plus(self, other: "Minute | Counts") -> "Minute":
        return Minute(
            self.at,
            self.sent + other.sent,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.unknown + other.unknown,
        )


type Minutes = tuple[Minute, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """What a segment hands over with a checkpoint: it keeps it no longer, and it is counted once.

    `minutes`: those of a span that is over. `activity`: for the statistics of the hour of `at` (ms).
    """

    at: int
    minutes: Minutes = ()
    activity: Activity = NOTHING

    @property
    def is_empty(self) -> bool:
        return not self.minutes and self.activity.is_empty


def counted(minutes: Minutes, counts: Counts, now: int) -> Minutes:
    """The minutes with what is counted now. Only those of the present span are kept, and what the rate needs.

    A worker's clock may be behind that of the one before it: minutes never go back.
    """
    present = max(now // MINUTE_MS, minutes[-1].at if minutes else 0)
    last = minutes[-1] if minutes and minutes[-1].at == present else Minute(present)
    kept = (
        minute
        for minute in minutes
        if minute.at < present and (minute.span == last.span or minute.at > present - RATED_MINUTES)
    )
    return (*kept, last.plus(counts))


def closed_minutes(before: Minutes, after: Minutes) -> Minutes:
    """The minutes of the span that ended between two checkpoints; empty if it is still the same."""
    if not before or before[-1].span == after[-1].span:
        return ()
    return tuple(minute for minute in before if minute.span == before[-1].span)


def by_step(minutes: Iterable[Minute], step: int) -> list[Minute]:
    """Summed over `step` minutes. `at` is the first minute of each sum."""
    sums: dict[int, Minute] = {}
    for minute in minutes:
        start = minute.at - minute.at % step
        sums[start] = sums.get(start, Minute(start)).plus(minute)
    return [sums[start] for start in sorted(sums)]


def recipients_since(minutes: Sequence[Minute], first: int) -> int:
    return sum(minute.total for minute in minutes if minute.at >= first)
