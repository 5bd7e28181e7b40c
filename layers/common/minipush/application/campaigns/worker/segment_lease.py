"""Whether a worker may go on with its segment."""

import asyncio
import contextlib
import enum
import logging
import time
from collections.abc import Callable
from typing import Self

from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import CampaignStatus, Segment
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

# Operators see a pause or a cancel take effect within a second.
LOOK_SECONDS = 0.4
LEASE_SECONDS = 20
RENEW_SECONDS = 5
# So long after a renewal nobody else can have the segment, and a call that goes out now is over in time.
SURE_SECONDS = 14


class Stop(enum.Enum):
    """Why a worker stops before its segment is done."""

    TIME = "the function's time is nearly over"
    STATUS = "the campaign is paused"
    ENDED = "the campaign has ended"
    TROUBLE = "the store fails, or another meddles"
    REFUSALS = "a sudden mass of 43101"
    OVERTAKEN = "another worker has the segment"


class SegmentLease:
    """Keeps the segment while it is carried, and looks at the campaign's status meanwhile.

    `stopped` is about further batches, `halted` about further calls: who has lost the segment, or can't
    tell, makes none. `stop_at` is on time.monotonic(); `keep_alive` keeps the message out of the queue.
    """

    def __init__(
        self,
        store: CampaignStore,
        segment: Segment,
        clock: Clock,
        stop_at: float,
        keep_alive: Callable[[], None],
    ) -> None:
        self._store = store
        self._segment = segment
        self._clock = clock
        self._stop_at = stop_at
        self._keep_alive = keep_alive
        self._why: Stop | None = None
        self._sure_until = time.monotonic() + SURE_SECONDS

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        # Apart, so that a slow queue doesn't keep us from seeing a pause.
        self._tasks = [
            asyncio.create_task(self._repeat(LOOK_SECONDS, self._look)),
            asyncio.create_task(self._repeat(RENEW_SECONDS, self._renew)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """A renewal that is under way is waited for."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def stop(self, why: Stop) -> None:
        if self._why in (None, Stop.TIME) or why in (Stop.ENDED, Stop.OVERTAKEN):
            self._why = why

    @property
    def stopped(self) -> Stop | None:
        now = time.monotonic()
        if now >= self._sure_until:
            self.stop(Stop.TROUBLE)
        elif now >= self._stop_at:
            self._why = self._why or Stop.TIME
        return self._why

    def is_stopped(self) -> bool:
        return self.stopped not in (None, Stop.TIME)

    async def _repeat(self, seconds: float, work: Callable[[], None]) -> None:
        while self._why is not Stop.OVERTAKEN:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)
                return
            try:
                await asyncio.to_thread(work)
            except StoreError:
                # The lease runs out by itself, if this goes on.
                logger.warning("a campaign can't be watched", exc_info=True)

    def _look(self) -> None:
        campaign = self._store.read(self._segment.campaign_id)
        if campaign is None or campaign.status.is_final:
            self.stop(Stop.ENDED)
        elif campaign.status is not CampaignStatus.RUNNING:
            self.stop(Stop.STATUS)

    def _renew(self) -> None:
        began = time.monotonic()
        if self._store.renew(self._segment, self._clock() + LEASE_SECONDS * 1000):
            self._sure_until = began + SURE_SECONDS
            self._keep_alive()
        else:
            self.stop(Stop.OVERTAKEN)
