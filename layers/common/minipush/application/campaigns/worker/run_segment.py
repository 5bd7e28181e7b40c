"""Run one segment of a campaign as far as time allows, and queue the rest."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from weakref import WeakValueDictionary

from minipush.application.campaigns.worker.assembly import SegmentRun, assemble_runner
from minipush.application.campaigns.worker.calls_in_flight import CallsInFlight
from minipush.application.campaigns.worker.count_in_doubt import count_in_doubt
from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.segment_lease import StopReason
from minipush.application.delivery.delivery import never
from minipush.application.delivery.doubt_limit import DoubtLimit
from minipush.application.ports.campaigns import SegmentQueue
from minipush.domain.campaign_errors import NoProgressError, SegmentLeasedError
from minipush.domain.campaigns import Campaign, CampaignStatus, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Cause, Message, Reason

logger = logging.getLogger(__name__)


class RunSegment:
    def __init__(self, dependencies: WorkerDependencies, queue: SegmentQueue) -> None:
        self._dependencies = dependencies
        self._settings = dependencies.settings
        self._store = dependencies.store
        self._queue = queue
        self._calls_in_flight = CallsInFlight(self._settings.calls_in_flight)
        # Of the campaigns that run: an outage of one interface, say, is none of the others.
        self._doubt_limits: WeakValueDictionary[str, DoubtLimit] = WeakValueDictionary()

    async def __call__(
        self,
        campaign_id: str,
        number: int,
        deadline: float,
        keep_alive: Callable[[], None],
        is_handed_back: Callable[[], bool] = never,
    ) -> Counts:
        """Return the counts that this worker added to the segment.

        `deadline` is on time.monotonic(); `keep_alive` hides the message from other workers for a lease. Once
        `is_handed_back()` is true, the segment goes back to the queue. While sending is off, the campaign is paused.
        Raises StoreError where the segment could not be started, where outcomes could not be written, or where
        there was no progress at all.
        """
        async with self._dependencies.sending:
            return await self._run_watched(campaign_id, number, deadline, keep_alive, is_handed_back)

    async def _run_watched(
        self,
        campaign_id: str,
        number: int,
        deadline: float,
        keep_alive: Callable[[], None],
        is_handed_back: Callable[[], bool],
    ) -> Counts:
        campaign = await self._campaign_to_run(campaign_id, number)
        if campaign is None or await self._is_paused_by_switch(campaign):
            return Counts()
        is_long_term = await self._is_long_term(campaign.plan.message)
        try:
            segment = await asyncio.to_thread(self._take, campaign_id, number)
        except SegmentLeasedError as leased:
            # The same message came twice, or a worker has died and its lease isn't over.
            seconds_left = (leased.until - self._dependencies.clock()) // 1000 + 1
            await self._queue_again(campaign_id, number, seconds_left)
            return Counts()
        if campaign.status.is_final:
            return await count_in_doubt(self._dependencies, campaign, segment)
        calls, doubts = self._calls_in_flight, self._doubt_limit(campaign_id)
        after = await self._run(
            SegmentRun(campaign, segment, deadline, keep_alive, is_handed_back, calls, doubts, is_long_term)
        )
        return after.counts.since(segment.counts)

    async def _is_paused_by_switch(self, campaign: Campaign) -> bool:
        if campaign.status.is_final or not self._dependencies.sending.is_off:
            return False
        await self._pause_by_switch(campaign.id)
        return True

    async def _pause_by_switch(self, campaign_id: str) -> None:
        """Whoever switched may have died before this campaign was paused."""
        cause = Cause(Reason.SENDING_OFF)
        await asyncio.to_thread(
            lambda: self._dependencies.lifecycle().stop(campaign_id, CampaignStatus.PAUSED, cause)
        )

    def _doubt_limit(self, campaign_id: str) -> DoubtLimit:
        return self._doubt_limits.setdefault(campaign_id, DoubtLimit(self._settings.most_in_doubt))

    async def _campaign_to_run(self, campaign_id: str, number: int) -> Campaign | None:
        """A running campaign; or an ended one, if a worker died over this segment."""
        campaign = await asyncio.to_thread(self._store.read, campaign_id)
        if campaign is None or not campaign.status.is_final:
            return campaign if campaign and campaign.status is CampaignStatus.RUNNING else None
        segments = await asyncio.to_thread(self._store.segments, campaign_id)
        died = any(s.number == number and s.lease_until and not s.done for s in segments)
        return campaign if died else None

    async def _is_long_term(self, message: Message) -> bool | None:
        """What the sync says of the message's template; None if it says nothing."""
        if not message.type.has_field_rules:
            return None
        synced = await asyncio.to_thread(self._dependencies.templates.read)
        return synced.is_long_term(message.template_id) if synced else None

    def _take(self, campaign_id: str, number: int) -> Segment:
        now, owner = self._dependencies.clock(), uuid.uuid4().hex[:8]
        return self._store.take(campaign_id, number, owner, now, now + self._settings.lease_seconds * 1000)

    async def _run(self, asked: SegmentRun) -> Segment:
        """Return the segment as it was last written."""
        after = asked.segment if asked.segment.done else await self._run_until_stopped(asked)
        if after.done:
            await asyncio.to_thread(
                lambda: self._dependencies.lifecycle().segment_done(asked.campaign, after.number)
            )
        return after

    async def _run_until_stopped(self, asked: SegmentRun) -> Segment:
        runner, campaign_id, number = (
            assemble_runner(self._dependencies, asked),
            asked.campaign.id,
            asked.segment.number,
        )
        stop = await runner.run()
        logger.info("a segment was run", extra=_about(runner.segment, stop))
        if stop is StopReason.TROUBLE and runner.segment.counts == asked.segment.counts:
            raise NoProgressError(f"segment {number} of {campaign_id}")
        if stop is StopReason.SENDING_OFF and self._dependencies.sending.is_off:
            await self._pause_by_switch(campaign_id)
        # Read the status again: a campaign that was paused and resumed meanwhile found the segment leased.
        if stop and stop is not StopReason.LEASE_LOST and await self._is_running(campaign_id):
            await self._queue_again(campaign_id, number, self._rest_after(stop))
        return runner.segment

    async def _is_running(self, campaign_id: str) -> bool:
        return await self._dependencies.segments.status(campaign_id) is CampaignStatus.RUNNING

    def _rest_after(self, stop: StopReason) -> int:
        """Seconds: some for a store that fails, and more for WeChat after a mass of refusals."""
        match stop:
            case StopReason.TROUBLE:
                return self._settings.rest_after_trouble_seconds
            case StopReason.REFUSALS:
                return self._settings.rest_after_refusals_seconds
            case _:
                return 0

    async def _queue_again(self, campaign_id: str, number: int, delay_seconds: int) -> None:
        await asyncio.to_thread(self._queue.put, campaign_id, [number], max(delay_seconds, 0))


def _about(segment: Segment, stop: StopReason | None) -> Mapping[str, object]:
    about = {"campaign_id": segment.campaign_id, "segment": segment.number, "owner": segment.owner}
    return about | {"counted": segment.counts.total, "stopped": stop.value if stop else None}
