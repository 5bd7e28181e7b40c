"""Runs one segment: reads batches of recipients, sends several at once, and records them in order.

A worker that has to stop first completes what is in flight: only one that dies leaves recipients in doubt.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from minipush.application.campaigns.worker.batch_recorder import BatchRecorder
from minipush.application.campaigns.worker.batch_sender import BatchSender
from minipush.application.campaigns.worker.calls_in_flight import CallsInFlight, SegmentCalls
from minipush.application.campaigns.worker.recipient_batches import BatchReader, RecipientBatch
from minipush.application.campaigns.worker.segment_lease import SegmentLease, StopReason
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.campaigns.worker.stop_controller import StopController
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome
from minipush.errors import StoreError


@dataclass(frozen=True, slots=True)
class InFlightBatch:
    batch: RecipientBatch
    outcomes: asyncio.Task[list[Outcome]]


class SegmentRunner:
    def __init__(
        self,
        *,
        lease: SegmentLease,
        stops: StopController,
        rate_limiter: RateLimiter,
        calls_in_flight: CallsInFlight,
        reader: BatchReader,
        sender: BatchSender,
        recorder: BatchRecorder,
        settings: WorkerSettings,
    ) -> None:
        self._lease = lease
        self._stops = stops
        self._rate_limiter = rate_limiter
        self._calls_in_flight = calls_in_flight
        self._reader = reader
        self._sender = sender
        self._recorder = recorder
        self._settings = settings
        self._room = asyncio.Semaphore(settings.batches_in_flight)
        self._in_flight: asyncio.Queue[InFlightBatch | None] = asyncio.Queue(settings.batches_unwritten)

    @property
    def segment(self) -> Segment:
        """As it was last written."""
        return self._recorder.segment

    async def run(self) -> StopReason | None:
        """Return why the worker stopped before the segment was done; None if it is done.

        Raises StoreError where recipients stay in doubt: their outcomes could not be written.
        """
        with self._calls_in_flight.of_segment() as calls:
            async with self._lease:
                await self._send_and_record(calls)
                await self._recorder.finish(self._lease.end_renewals)
        await self._stops.finish()
        self._recorder.check()
        return None if self.segment.done else self._lease.look_for_stop()

    async def _send_and_record(self, calls: SegmentCalls) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._record_completed())
            async with aclosing(self._reader.read(self._batch_size)) as batches:
                await self._send_all(batches, calls, group)
            await self._in_flight.put(None)

    def _batch_size(self) -> int:
        return self._rate_limiter.batch(self._settings.batch_size)

    async def _send_all(
        self, batches: AsyncIterator[RecipientBatch], calls: SegmentCalls, group: asyncio.TaskGroup
    ) -> None:
        try:
            async for batch in batches:
                await self._wait_for_room(len(batch.users), calls)
                if self._lease.look_for_stop():
                    return
                sending = group.create_task(self._send(batch, calls))
                await self._in_flight.put(InFlightBatch(batch, sending))
        except StoreError as error:
            self._stops.stop_for(error)

    async def _wait_for_room(self, count: int, calls: SegmentCalls) -> None:
        await self._room.acquire()
        # Users who wait for a slot have been read already, and may change meanwhile: so only one batch waits.
        while self._rate_limiter.waiting >= self._batch_size() and not self._lease.look_for_stop():  # noqa: ASYNC110
            await asyncio.sleep(self._settings.throttle_poll_seconds)
        await calls.enter(count)

    async def _send(self, batch: RecipientBatch, calls: SegmentCalls) -> list[Outcome]:
        try:
            return await self._sender.send(batch)
        finally:
            self._room.release()
            calls.leave(len(batch.users))

    async def _record_completed(self) -> None:
        while in_flight := await self._in_flight.get():
            await self._recorder.record(in_flight.batch, await in_flight.outcomes)
