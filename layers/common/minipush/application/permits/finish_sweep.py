"""What a sweep that has ended leaves behind: statistics, metrics, and a sign that the deployment works."""

import logging

from minipush.application.metric_names import Count
from minipush.application.metrics import of_sweep
from minipush.application.ports.clock import Clock
from minipush.application.ports.signs_of_life import SignsOfLife
from minipush.application.ports.sweeps import Sweep
from minipush.application.record_statistics import RecordStatistics
from minipush.domain.service_status import FinishedSweep
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


class FinishSweep:
    def __init__(self, record: RecordStatistics, signs: SignsOfLife, count: Count, clock: Clock) -> None:
        self._record = record
        self._signs = signs
        self._count = count
        self._clock = clock

    def __call__(self, sweep: Sweep) -> None:
        """Never fails the sweep."""
        self._record.measured(sweep.measure)
        self._note(sweep)
        self._count(of_sweep(sweep, self._record.pool_a_day_ago()))

    def _note(self, sweep: Sweep) -> None:
        try:
            self._signs.sweep_finished(FinishedSweep(sweep.measure.now, self._clock(), sweep.removed))
        except StoreError:
            logger.warning("the sweep's sign of life could not be noted", exc_info=True)
