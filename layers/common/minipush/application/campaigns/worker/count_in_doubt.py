"""What a worker had in hand that died, when its campaign does not go on: no message goes out any more to find out."""

import asyncio

from minipush.application.campaigns.worker.batches import Batch
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.campaigns.worker.segment_runner import (
    BATCH,
    BATCHES_IN_FLIGHT,
    BATCHES_UNWRITTEN,
    WorkerDependencies,
)
from minipush.application.delivery.audience import in_audience
from minipush.application.ports.campaigns import Recipients
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Campaign, Counts, Segment
from minipush.domain.messages import Outcome, Status

# Nobody whom a worker has in hand lies farther behind the place that was written.
FARTHEST = BATCH * (BATCHES_IN_FLIGHT + BATCHES_UNWRITTEN + 1)


async def settle(means: WorkerDependencies, campaign: Campaign, segment: Segment) -> Counts:
    """Count those in doubt as unknown, and leave the segment. Raises LeaseLostError, StoreError."""
    logbook = SegmentCheckpoint(means.store, means.reports, segment, means.clock)
    found = await asyncio.to_thread(_in_doubt, means.recipients, campaign, segment, means.clock)
    logbook.add(Batch(), found, is_whole=False)
    await logbook.write(segment.caution, lease=0)
    return logbook.segment.counts.since(segment.counts)


def _in_doubt(recipients: Recipients, campaign: Campaign, segment: Segment, clock: Clock) -> list[Outcome]:
    place, untouched, found = segment.place, 0, []
    while untouched < FARTHEST:
        page = recipients.page(campaign, segment.number, place)
        for user in (recipient.user for recipient in page.recipients):
            claimed = user.claimed_for(campaign.id)
            if claimed and user.openid not in segment.ahead:
                found.append(Outcome(user.openid, Status.UNKNOWN, permit_kind=claimed[0].kind))
            elif not claimed:
                untouched += in_audience(user, campaign.plan, clock())
        place = page.place
        if place is None:
            break
    return found
