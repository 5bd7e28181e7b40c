"""After a campaign has ended: count the recipients that a dead worker left in doubt.

Nothing more is sent for the campaign, so their outcome can't be found out.
"""

import asyncio

from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.recipient_batches import RecipientBatch
from minipush.application.campaigns.worker.segment_checkpoint import SegmentCheckpoint
from minipush.application.delivery.report_unknown import report_unknown
from minipush.domain.campaigns import AudienceType, Campaign, Segment
from minipush.domain.counts import Counts
from minipush.domain.eligibility import in_audience
from minipush.domain.messages import Outcome, Status
from minipush.domain.permits import Permit


async def count_in_doubt(dependencies: WorkerDependencies, campaign: Campaign, segment: Segment) -> Counts:
    """Count those in doubt, as unknown unless WeChat has settled it, and release the segment. Raises LeaseLostError, StoreError."""
    checkpoint = SegmentCheckpoint(
        dependencies.segments, dependencies.reports, segment, dependencies.clock, dependencies.settings
    )
    # A broadcast claims no permits, and its cursor is none of the table's that the other campaigns read.
    if campaign.plan.audience.type is not AudienceType.APP:
        in_doubt = await asyncio.to_thread(_in_doubt, dependencies, campaign, segment)
        found = [await _outcome(dependencies, openid, permit) for openid, permit in in_doubt]
        checkpoint.add(RecipientBatch(), found, is_whole=False)
    await checkpoint.release(segment.refusal_state)
    return checkpoint.segment.counts.since(segment.counts)


async def _outcome(dependencies: WorkerDependencies, openid: str, permit: Permit) -> Outcome:
    holder = permit.claim.holder if permit.claim else ""
    unknown = Outcome(openid, Status.UNKNOWN, permit_kind=permit.kind)
    return await report_unknown(dependencies.ledger, permit, holder, unknown)


def _in_doubt(
    dependencies: WorkerDependencies, campaign: Campaign, segment: Segment
) -> list[tuple[str, Permit]]:
    """Openids with the claimed permit. Read on from the cursor until more recipients are untouched than a worker has in hand."""
    cursor, untouched = segment.cursor, 0
    found: list[tuple[str, Permit]] = []
    while untouched < dependencies.settings.most_unwritten:
        page = dependencies.recipients.page(campaign, segment.number, cursor)
        for user in (recipient.user for recipient in page.recipients):
            claimed = user.claimed_for(campaign.id)
            if claimed and user.openid not in segment.settled_out_of_order:
                found.append((user.openid, claimed[0]))
            elif not claimed:
                untouched += in_audience(user, campaign.plan, dependencies.clock())
        cursor = page.cursor
        if cursor is None:
            break
    return found
