"""Add to the statistics what was done. They are not worth a failure of the work itself."""

import logging
from typing import TYPE_CHECKING

from minipush.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from minipush.application.ports.clock import Clock
    from minipush.application.ports.statistics import StatisticsStore
    from minipush.domain.pool import PoolMeasure
    from minipush.domain.statistics import Activity

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

    def _try(self, write: "Callable[[], None]") -> None:
        try:
            write()
        except StoreError:
            logger.warning("the statistics lack some numbers", exc_info=True)
