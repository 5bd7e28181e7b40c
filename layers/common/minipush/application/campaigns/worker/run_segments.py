"""A worker's whole job: run the segment that started it, and others of the queue beside it.

Segments of slow campaigns mostly wait for their rate. If each occupied a worker, some slow campaigns would keep all
workers from the others. So a worker takes further segments from the queue while it runs. One that has as many as it
can run hands back the one that it has run for longest, once that one has had its slice of time.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.ports.campaigns import QueuedSegment, SegmentQueue
from minipush.domain.counts import Counts
from minipush.errors import StoreError

if TYPE_CHECKING:
    from minipush.application.metric_names import Count

logger = logging.getLogger(__name__)

type RunSegment = Callable[..., Awaitable[Counts]]
"""See `minipush.application.campaigns.worker.run_segment.RunSegment`."""


@dataclass(slots=True, eq=False)
class _Slice:
    """The time that a segment has in this worker; `since` is on time.monotonic()."""

    queued: QueuedSegment
    since: float
    is_handed_back: bool = False


@dataclass(frozen=True, slots=True)
class RunSegments:
    """`count` adds to metrics what the run of a segment added to its counts."""

    run_segment: RunSegment
    queue: SegmentQueue
    count: "Count"
    settings: WorkerSettings

    async def __call__(self, queued: Iterable[QueuedSegment], deadline: float) -> list[QueuedSegment]:
        """Return those of `queued` that failed. Their messages, and those of others that fail, stay in the queue.

        `deadline` is on time.monotonic().
        """
        worker = _Worker(self, deadline)
        runs = [(segment, worker.start(segment)) for segment in queued]
        await worker.work()
        return [segment for segment, run in runs if not run.result()]


class _Worker:
    """One invocation: the segments that it runs side by side until its deadline."""

    def __init__(self, shared: RunSegments, deadline: float) -> None:
        self._shared = shared
        self._queue = shared.queue
        self._settings = shared.settings
        self._deadline = deadline
        self._poll_until = deadline - shared.settings.landing_seconds - shared.settings.poll_wait_seconds
        self._running: dict[asyncio.Task[bool], _Slice] = {}

    def start(self, queued: QueuedSegment) -> asyncio.Task[bool]:
        """The task returns whether the run succeeded."""
        time_slice = _Slice(queued, time.monotonic())
        run = asyncio.create_task(self._run(time_slice))
        self._running[run] = time_slice
        run.add_done_callback(self._running.pop)
        return run

    async def work(self) -> None:
        """Poll the queue until nothing runs any more."""
        pause = self._settings.first_poll_seconds
        while self._running:
            is_late = time.monotonic() + pause >= self._poll_until
            await asyncio.wait(self._running, timeout=None if is_late else pause)
            if self._running:
                pause = await self._poll()

    async def _poll(self) -> float:
        """Start what waits in the queue. Returns the seconds until the next poll."""
        most = self._most_to_take()
        if not most:
            return self._settings.poll_seconds
        try:
            received = await asyncio.to_thread(self._receive, most)
        except StoreError:
            logger.warning("the queue can't be polled", exc_info=True)
            return self._settings.poll_seconds
        for queued in received:
            self.start(queued)
        self._hand_back()
        return self._settings.poll_again_seconds if len(received) == most else self._settings.poll_seconds

    def _receive(self, most: int) -> list[QueuedSegment]:
        settings = self._settings
        return self._queue.receive(most, settings.poll_wait_seconds, settings.hidden_seconds)

    def _most_to_take(self) -> int:
        at_once, running = self._settings.segments_at_once, len(self._running)
        if running < at_once:
            return min(at_once - running, self._settings.segments_per_poll)
        has_room = running < 2 * at_once  # those that were handed back still complete their calls
        return int(has_room and any(self._has_had_its_slice(each) for each in self._running.values()))

    def _hand_back(self) -> None:
        """Dictionaries keep their order: those that have run for longest come first."""
        staying = [each for each in self._running.values() if not each.is_handed_back]
        too_many = max(0, len(staying) - self._settings.segments_at_once)
        for each in [each for each in staying if self._has_had_its_slice(each)][:too_many]:
            each.is_handed_back = True

    def _has_had_its_slice(self, time_slice: _Slice) -> bool:
        age = time.monotonic() - time_slice.since
        return not time_slice.is_handed_back and age >= self._settings.slice_seconds

    async def _run(self, time_slice: _Slice) -> bool:
        queued = time_slice.queued
        keep_alive = partial(self._queue.hide, queued.receipt, self._settings.hidden_seconds)
        try:
            counts = await self._shared.run_segment(
                queued.campaign_id,
                queued.number,
                self._deadline,
                keep_alive,
                is_handed_back=lambda: time_slice.is_handed_back,
            )
        except Exception:
            logger.exception("a segment could not be run")
            await asyncio.to_thread(keep_alive)
            return False
        self._report(counts)
        await asyncio.to_thread(self._queue.delete, queued.receipt)
        return True

    def _report(self, counts: Counts) -> None:
        from minipush.application.metrics import of_campaign  # noqa: PLC0415  # needed once a segment is done

        if counts.total:
            self._shared.count(of_campaign(counts))
