"""A campaign store with what a worker does to a segment that it runs, for tests without an event loop of their own."""

import asyncio
from dataclasses import dataclass

from minipush.application.ports.campaigns import CampaignStore, RunningSegments
from minipush.domain.campaign_minutes import Closed
from minipush.domain.campaigns import CampaignStatus, Segment


@dataclass(frozen=True, slots=True)
class SegmentStore:
    campaigns: CampaignStore
    running: RunningSegments

    def take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment:
        return self.campaigns.take(campaign_id, number, owner, now, until)

    def segments(self, campaign_id: str) -> list[Segment]:
        return self.campaigns.segments(campaign_id)

    def status(self, campaign_id: str) -> CampaignStatus | None:
        return asyncio.run(self.running.status(campaign_id))

    def renew(self, segment: Segment, until: int) -> bool:
        return asyncio.run(self.running.renew(segment, until))

    def save(self, segment: Segment, closed: Closed | None = None, *, keeps_lease: bool = False) -> bool:
        return asyncio.run(self.running.save(segment, closed, keeps_lease=keeps_lease))
