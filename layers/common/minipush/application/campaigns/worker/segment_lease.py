"""Whether a worker may go on with its segment."""

import asyncio
import contextlib
import enum
import logging
import time
from collections.abc import Callable
from typing import Self

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import CampaignStatus, Segment
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


class StopReason(enum.Enum):
    """Why a worker stops before its segment is done."""

    TIME = "the function's time is nearly over"
    HANDED_BACK = "other segments wait for a worker"
    STATUS = "the campaign is paused"
    SENDING_OFF = "sending is switched off"
    ENDED = "the campaign has ended"
    TROUBLE = "the store fails, or the lease may be lost"
    REFUSALS = "a sudden mass of 43101"
    LEASE_LOST = "another worker has the segment"


# What is in flight is completed, retries included.
UNHURRIED = (StopReason.TIME, StopReason.HANDED_BACK)


class SegmentLease:
    """Renews the lease while the segment is run, and watches the campaign's status.

    `stopped`: why no further batch may start. `is_stopped()`: whether no further call may start either; a worker
    that may have lost the lease makes none. `stop_at` is on time.monotonic(); `keep_alive` hides the message in the
    queue from other workers.
    """

    def __init__(
        self,
        store: CampaignStore,
        segment: Segment,
        clock: Clock,
        stop_at: float,
        keep_alive: Callable[[], None],
        is_handed_back: Callable[[], bool],
        sending: SendingWatch,
        settings: WorkerSettings,
    ) -> None:
        self._store = store
        self._segment = segment
        self._clock = clock
        self._stop_at = stop_at
        self._keep_alive = keep_alive
        self._is_handed_back = is_handed_back
        self._sending = sending
        self._settings = settings
        self._reason: StopReason | None = None
        self._sure_until = time.monotonic() + settings.sure_seconds

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        # Two tasks, so that a slow queue doesn't delay a pause.
        self._tasks = [
            asyncio.create_task(self._repeat(self._settings.look_seconds, self._look)),
            asyncio.create_task(self._repeat(self._settings.renew_seconds, self._renew)),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait for a renewal that is under way: none may come after the last checkpoint."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def stop(self, reason: StopReason) -> None:
        if self._reason in (None, *UNHURRIED) or reason in (StopReason.ENDED, StopReason.LEASE_LOST):
            self._reason = reason

    @property
    def stopped(self) -> StopReason | None:
        now = time.monotonic()
        if now >= self._sure_until:
            self.stop(StopReason.TROUBLE)
        elif self._sending.is_off:
            self.stop(StopReason.SENDING_OFF)
        elif self._reason is None and now >= self._stop_at:
            self._reason = StopReason.TIME
        elif self._reason is None and self._is_handed_back():
            self._reason = StopReason.HANDED_BACK
        return self._reason

    def is_stopped(self) -> bool:
        """Asked for each call. The reasons that let calls go on are not looked for."""
        if time.monotonic() >= self._sure_until:
            self.stop(StopReason.TROUBLE)
        elif self._sending.is_off:
            self.stop(StopReason.SENDING_OFF)
        return self._reason is not None and self._reason not in UNHURRIED

    async def _repeat(self, seconds: float, work: Callable[[], None]) -> None:
        while self._reason is not StopReason.LEASE_LOST:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)
                return
            try:
                await asyncio.to_thread(work)
            except StoreError:
                # If this goes on, the lease expires by itself.
                logger.warning("the lease or the campaign's status can't be checked", exc_info=True)

    def _look(self) -> None:
        campaign = self._store.read(self._segment.campaign_id)
        if campaign is None or campaign.status.is_final:
            self.stop(StopReason.ENDED)
        elif campaign.status is not CampaignStatus.RUNNING:
            self.stop(StopReason.STATUS)

    def _renew(self) -> None:
        began = time.monotonic()
        if self._store.renew(self._segment, self._clock() + self._settings.lease_seconds * 1000):
            self._sure_until = began + self._settings.sure_seconds
            self._keep_alive()
        else:
            self.stop(StopReason.LEASE_LOST)
