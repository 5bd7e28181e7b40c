"""Add to the statistics what was done. They are not worth a failure of the work itself."""

import logging
from typing import TYPE_CHECKING

from minipush.domain.timestamps import HOUR_MS
from minipush.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipush.application.ports.clock import Clock
    from minipush.application.ports.statistics import StatisticsStore
    from minipush.domain.pool import PoolMeasure
    from minipush.domain.statistics import Activity, PoolSize

logger = logging.getLogger(__name__)


class RecordStatistics:
    """`store` is built when there is something to add."""

    def __init__(self, store: "Callable[[], StatisticsStore]", clock: "Clock") -> None:
        self._store = store
        self._clock = clock

    def __call__(self, activity: "Activity") -> None:
        if not activity.is_empty:
            self._try(lambda: self._store().add(activity, self._clock()))

    def measured(self, measure: "PoolMeasure") -> None:
        """A sweep has ended: its expired permits, its measure, and the days that are over."""
        from minipush.domain.statistics import Activity, PoolSize  # noqa: PLC0415  # once a sweep

        self(Activity(expired=measure.expired))
        pool = PoolSize(measure.reachable_users, measure.permits)
        self._try(lambda: self._store().set_pool(pool, self._clock()))
        self._try(lambda: self._store().close_days(self._clock()))

    def pool_a_day_ago(self) -> "PoolSize | None":
        """None where there was no sweep in that hour, or the store fails."""
        at = self._clock() - 24 * HOUR_MS
        try:
            [hour] = self._store().hours(at, at + 1, self._clock())
        except StoreError:
            logger.warning("the pool of yesterday can't be read", exc_info=True)
            return None
        return hour.pool

    def _try(self, write: "Callable[[], None]") -> None:
        try:
            write()
        except StoreError:
            logger.warning("the statistics lack some numbers", exc_info=True)
