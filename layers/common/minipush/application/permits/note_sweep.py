"""Note that a sweep has ended, for those who look whether the deployment works."""

import logging

from minipush.application.ports.clock import Clock
from minipush.application.ports.signs_of_life import SignsOfLife
from minipush.application.ports.sweeps import Sweep
from minipush.domain.service_status import FinishedSweep
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


class NoteSweep:
    def __init__(self, signs: SignsOfLife, clock: Clock) -> None:
        self._signs = signs
        self._clock = clock

    def __call__(self, sweep: Sweep) -> None:
        """Never fails the sweep."""
        try:
            self._signs.sweep_finished(FinishedSweep(sweep.measure.now, self._clock(), sweep.removed))
        except StoreError:
            logger.warning("the sweep's sign of life could not be noted", exc_info=True)
