"""A worker's job: carry one segment of a campaign as far as time allows, and see that it is carried on."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping

from minipush.application.campaigns.worker.count_in_doubt import settle
from minipush.application.campaigns.worker.refusal_guard import REST_SECONDS as REST_AFTER_REFUSALS
from minipush.application.campaigns.worker.segment_lease import LEASE_SECONDS, Stop
from minipush.application.campaigns.worker.segment_runner import SegmentRunner, WorkerDependencies
from minipush.application.ports.campaigns import SegmentQueue
from minipush.domain.campaigns import Campaign, CampaignStatus, Counts, Segment
from minipush.errors import NoProgressError, SegmentLeasedError

logger = logging.getLogger(__name__)

# A store that fails is left alone for a while, a WeChat that refuses in masses for longer.
REST_SECONDS = {Stop.TROUBLE: 5, Stop.REFUSALS: REST_AFTER_REFUSALS}


class RunSegment:
    def __init__(self, dependencies: WorkerDependencies, queue: SegmentQueue) -> None:
        self._dependencies = dependencies
        self._store = dependencies.store
        self._queue = queue

    async def __call__(
        self, campaign_id: str, number: int, deadline: float, keep_alive: Callable[[], None]
    ) -> Counts:
        """What this worker's part of the segment came to.

        `deadline` is on time.monotonic(); `keep_alive` keeps the message from other workers for a lease.
        Raises StoreError where the segment could not be begun, or what came of it not be written
        down, or where nothing went on at all.
        """
        campaign = await self._to_deal_with(campaign_id, number)
        if campaign is None:
            return Counts()
        try:
            segment = await asyncio.to_thread(self._take, campaign_id, number)
        except SegmentLeasedError as held:
            # Another carries it: the same message twice, or one that died and whose lease is not over.
            await self._queue_again(
                campaign_id, number, (held.until - self._dependencies.clock()) // 1000 + 1
            )
            return Counts()
        if campaign.status.is_final:
            return await settle(self._dependencies, campaign, segment)
        after = segment if segment.done else await self._carry(campaign, segment, deadline, keep_alive)
        if after.done:
            await asyncio.to_thread(self._dependencies.lifecycle.close, campaign)
        return after.counts.since(segment.counts)

    def _take(self, campaign_id: str, number: int) -> Segment:
        now, owner = self._dependencies.clock(), uuid.uuid4().hex[:8]
        return self._store.take(campaign_id, number, owner, now, now + LEASE_SECONDS * 1000)

    async def _carry(
        self, campaign: Campaign, segment: Segment, deadline: float, keep_alive: Callable[[], None]
    ) -> Segment:
        carriage = SegmentRunner(self._dependencies, campaign, segment, deadline, keep_alive)
        stop = await carriage.run()
        logger.info("a segment was carried", extra=_about(carriage.segment, stop))
        if stop is Stop.TROUBLE and carriage.segment.counts == segment.counts:
            raise NoProgressError(f"segment {segment.number} of {campaign.id}")
        # A campaign that was paused and resumed meanwhile has been queued in vain.
        if stop and stop is not Stop.OVERTAKEN and await self._running(campaign.id):
            await self._queue_again(campaign.id, segment.number, REST_SECONDS.get(stop, 0))
        return carriage.segment

    async def _to_deal_with(self, campaign_id: str, number: int) -> Campaign | None:
        """One that runs; or one that was ended, where a worker died over this segment of it."""
        campaign = await asyncio.to_thread(self._store.read, campaign_id)
        if campaign is None or not campaign.status.is_final:
            return campaign if campaign and campaign.status is CampaignStatus.RUNNING else None
        segments = await asyncio.to_thread(self._store.segments, campaign_id)
        died = any(s.number == number and s.lease_until and not s.done for s in segments)
        return campaign if died else None

    async def _running(self, campaign_id: str) -> Campaign | None:
        campaign = await asyncio.to_thread(self._store.read, campaign_id)
        return campaign if campaign and campaign.status is CampaignStatus.RUNNING else None

    async def _queue_again(self, campaign_id: str, number: int, delay: int) -> None:
        await asyncio.to_thread(self._queue.put, campaign_id, [number], max(delay, 0))


def _about(segment: Segment, stop: Stop | None) -> Mapping[str, object]:
    about = {"campaign_id": segment.campaign_id, "segment": segment.number, "owner": segment.owner}
    return about | {"counted": segment.counts.total, "stopped": stop.value if stop else None}
