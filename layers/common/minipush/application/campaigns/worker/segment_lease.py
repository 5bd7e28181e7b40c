"""Whether a worker may go on with its segment."""

import asyncio
import contextlib
import enum
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Self

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.campaigns import RunningSegments
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

    A worker that may have lost the lease starts no batch and makes no call. `stop_at` is on time.monotonic();
    `keep_alive` hides the message in the queue from other workers.
    """

    def __init__(
        self,
        segments: RunningSegments,
        segment: Segment,
        clock: Clock,
        stop_at: float,
        keep_alive: Callable[[], None],
        is_handed_back: Callable[[], bool],
        sending: SendingWatch,
        settings: WorkerSettings,
    ) -> None:
        self._segments = segments
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
        await self.end_renewals()

    async def end_renewals(self) -> None:
        """Wait for a renewal that is under way: none may come after the segment's release."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def stop(self, reason: StopReason) -> None:
        if self._reason in (None, *UNHURRIED) or reason in (StopReason.ENDED, StopReason.LEASE_LOST):
            self._reason = reason

    def look_for_stop(self) -> StopReason | None:
        """Why no further batch may start, if there is a reason. A reason that was found stays."""
        self._look_for_hard_stop()
        if self._reason is None:
            self._look_for_handover()
        return self._reason

    def is_stopped(self) -> bool:
        """Whether no further call may start. Asked for each call, so a reason that lets calls go on isn't looked for."""
        self._look_for_hard_stop()
        return self._reason is not None and self._reason not in UNHURRIED

    def _look_for_hard_stop(self) -> None:
        if time.monotonic() >= self._sure_until:
            self.stop(StopReason.TROUBLE)
        elif self._sending.is_off:
            self.stop(StopReason.SENDING_OFF)

    def _look_for_handover(self) -> None:
        if time.monotonic() >= self._stop_at:
            self.stop(StopReason.TIME)
        elif self._is_handed_back():
            self.stop(StopReason.HANDED_BACK)

    async def _repeat(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while self._reason is not StopReason.LEASE_LOST:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)
                return
            try:
                await work()
            except StoreError:
                # If this goes on, the lease expires by itself.
                logger.warning("the lease or the campaign's status can't be checked", exc_info=True)

    async def _look(self) -> None:
        status = await self._segments.status(self._segment.campaign_id)
        if status is None or status.is_final:
            self.stop(StopReason.ENDED)
        elif status is not CampaignStatus.RUNNING:
            self.stop(StopReason.STATUS)

    async def _renew(self) -> None:
        began = time.monotonic()
        if await self._segments.renew(self._segment, self._clock() + self._settings.lease_seconds * 1000):
            self._sure_until = began + self._settings.sure_seconds
            await asyncio.to_thread(self._keep_alive)
        else:
            self.stop(StopReason.LEASE_LOST)
