"""The statistics of hours and days. Every method may raise StoreError. Times are in ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from minipush.domain.statistics import Activity, PoolSize, StatisticsEntry


OPEN_DAYS: Final = 8
"""How many of the last days may be open, today included. Closing may fail for so long before a day is lost."""


class StatisticsStore(Protocol):
    """Hours and days are kept for KEPT_DAYS."""

    def add(self, activity: Activity, at: int) -> None:
        """Add to the hour of `at`, which is on the present day or ended less than CLOSE_AFTER_MS ago.

        After a lost answer, the numbers may be added twice.
        """
        ...

    def set_pool(self, pool: PoolSize, at: int) -> None:
        """Set the measure of the hour of `at`. The last one stays."""
        ...

    def close_days(self, now: int) -> None:
        """Store the sums of the last days that are over. A closed day does not change any more. Idempotent."""
        ...

    def hours(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        """An entry for each hour from `first` on that begins before `until`, without the hours after `now`."""
        ...

    def days(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        """The same for days. Of the days that were not closed, only the last OPEN_DAYS are known."""
        ...
