"""The statistics in memory. It passes the contract suite of the real store."""

from dataclasses import dataclass, field

from minipush.application.ports.statistics import OPEN_DAYS
from minipush.domain.statistics import CLOSE_AFTER_MS, NOTHING, Activity, PoolSize, StatisticsEntry, day_entry
from minipush.domain.timestamps import DAY_MS, HOUR_MS


@dataclass(slots=True)
class MemoryStatistics:
    """By the start of the hour (ms). `closed`: the hours of the days that are closed."""

    activities: dict[int, Activity] = field(default_factory=dict)
    pools: dict[int, PoolSize] = field(default_factory=dict)
    closed: dict[int, list[StatisticsEntry]] = field(default_factory=dict)

    def add(self, activity: Activity, at: int) -> None:
        hour = at - at % HOUR_MS
        self.activities[hour] = self.activities.get(hour, NOTHING).plus(activity)

    def set_pool(self, pool: PoolSize, at: int) -> None:
        self.pools[at - at % HOUR_MS] = pool

    def close_days(self, now: int) -> None:
        today = (now - CLOSE_AFTER_MS) // DAY_MS * DAY_MS
        for day in range(today - (OPEN_DAYS - 1) * DAY_MS, today, DAY_MS):
            self.closed.setdefault(day, self._open(day))

    def hours(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        days = range(first - first % DAY_MS, min(until, now + 1), DAY_MS)
        return [
            hour
            for day in days
            for hour in self._hours_of(day, now)
            if first - HOUR_MS < hour.at < min(until, now + 1)
        ]

    def days(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        days = range(first - first % DAY_MS, min(until, now + 1), DAY_MS)
        return [day_entry(day, self._hours_of(day, now)) for day in days]

    def total(self) -> Activity:
        """Of all hours."""
        total = NOTHING
        for activity in self.activities.values():
            total = total.plus(activity)
        return total

    def _hours_of(self, day: int, now: int) -> list[StatisticsEntry]:
        is_known = day > now - OPEN_DAYS * DAY_MS or day in self.closed
        return self.closed.get(day) or (
            self._open(day) if is_known else [StatisticsEntry(day + n * HOUR_MS) for n in range(24)]
        )

    def _open(self, day: int) -> list[StatisticsEntry]:
        hours = range(day, day + DAY_MS, HOUR_MS)
        return [StatisticsEntry(at, self.activities.get(at, NOTHING), self.pools.get(at)) for at in hours]
