"""The slots of one rate that this process has reserved and not used yet. See RateReservations."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from minipush.application.ports.rates import RateReservations
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# How late a call may start after its slot. Older slots are dropped.
LATE: Final = 0.25
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0


@dataclass(slots=True)
class ReservedSlots:
    """`left` slots are in hand, the next `due`, the others 1/per_second apart.

    `lead`: from the last request to its first slot. `latency`: of the store, for the last request. Times are in
    seconds, those of slots since the epoch.
    """

    name: str
    per_second: float
    due: float = 0.0
    left: int = 0
    used: int = 0
    lead: float = 0.0
    latency: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    reservation: asyncio.Task[None] | None = None

    def drop_old(self, now: float) -> None:
        while self.left and self.due < now - LATE:
            self._drop()

    def use(self) -> None:
        self.used += 1
        self._drop()

    def _drop(self) -> None:
        self.left -= 1
        self.due += 1 / self.per_second

    async def reserve(self, rates: RateReservations, slots: int, clock: Callable[[], float]) -> None:
        """Reserve `slots` more. After a failure, `retry_at` says when to try again."""
        asked = clock()
        try:
            self.due = await rates.reserve(self.name, self.per_second, slots, self._from(asked))
        except StoreError as error:
            self._failed(error, clock())
            return
        self.left, self.used, self.failures = slots, 0, 0
        self.lead, self.latency = self.due - asked, clock() - asked

    def _from(self, now: float) -> float:
        """When the first slot may be due. If our last slots ended a moment ago, continue there: no gap is lost."""
        begin = self.due if now - LATE / 2 < self.due < now else now
        # Slots of a slow store would be too old on arrival, so start later. The shift is bounded: the latency
        # may have been our own stall, and the shift delays the slots of all workers.
        return begin + min(2 * LATE, max(0.0, self.latency - LATE / 2))

    def _failed(self, error: StoreError, now: float) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**self.failures)
        self.failures += 1
        self.retry_at = now + pause
        logger.warning("no slots for %s, trying again in %.1f s: %s", self.name, pause, error)
