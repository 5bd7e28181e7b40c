"""Note that WeChat has called, at most once a minute for each process, and at once with which new credentials."""

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
        self._mark = ""

    def __call__(self, new_mark: str = "") -> None:
        """`new_mark`: of new credentials that WeChat has used; empty if there are none. Never fails a push."""
        now = self._clock()
        if now < self._noted_at + MINUTE_MS and new_mark in ("", self._mark):
            return
        self._noted_at, self._mark = now, new_mark or self._mark
        try:
            self._signs.push_received(now)
            if new_mark:
                self._signs.new_credentials_used(new_mark)
        except StoreError:
            logger.warning("the callback's sign of life could not be noted", exc_info=True)
