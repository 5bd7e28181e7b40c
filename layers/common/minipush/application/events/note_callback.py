"""Note that WeChat has called, at most once a minute for each process."""

import logging

from minipush.application.ports.clock import Clock
from minipush.application.ports.signs_of_life import SignsOfLife
from minipush.domain.timestamps import MINUTE_MS
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


class NoteCallback:
    def __init__(self, signs: SignsOfLife, clock: Clock) -> None:
        self._signs = signs
        self._clock = clock
        self._noted_at = 0

    def __call__(self) -> None:
        """Never fails a push."""
        now = self._clock()
        if now < self._noted_at + MINUTE_MS:
            return
        self._noted_at = now
        try:
            self._signs.push_received(now)
        except StoreError:
            logger.warning("the callback's sign of life could not be noted", exc_info=True)
