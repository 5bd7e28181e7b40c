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


async def settle(dependencies: WorkerDependencies, campaign: Campaign, segment: Segment) -> Counts:
    """Count those in doubt as unknown, and leave the segment. Raises LeaseLostError, StoreError."""
    checkpoint = SegmentCheckpoint(dependencies.store, dependencies.reports, segment, dependencies.clock)
    found = await asyncio.to_thread(_in_doubt, dependencies.recipients, campaign, segment, dependencies.clock)
    checkpoint.add(Batch(), found, is_whole=False)
    await checkpoint.write(segment.refusal_state, lease=0)
    return checkpoint.segment.counts.since(segment.counts)


def _in_doubt(recipients: Recipients, campaign: Campaign, segment: Segment, clock: Clock) -> list[Outcome]:
    cursor, untouched, found = segment.cursor, 0, []
    while untouched < FARTHEST:
        page = recipients.page(campaign, segment.number, cursor)
        for user in (recipient.user for recipient in page.recipients):
            claimed = user.claimed_for(campaign.id)
            if claimed and user.openid not in segment.settled_out_of_order:
                found.append(Outcome(user.openid, Status.UNKNOWN, permit_kind=claimed[0].kind))
            elif not claimed:
                untouched += in_audience(user, campaign.plan, clock())
        cursor = page.cursor
        if cursor is None:
            break
    return found
