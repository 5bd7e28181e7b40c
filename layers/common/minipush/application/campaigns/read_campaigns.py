"""Read campaigns and their progress."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import UnknownCampaignError
from minipush.domain.campaign_history import HistoryEntry
from minipush.domain.campaign_progress import Progress, progress_of
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus

# A list reads the segments of so many campaigns at once.
READERS = 8


class ReadCampaigns:
    def __init__(self, store: CampaignStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def read(self, campaign_id: str) -> Progress | None:
        """With all openids of a named audience."""
        campaign = self._store.read(campaign_id)
        return self.with_all_openids(campaign) if campaign else None

    def newest(
        self, limit: int, cursor: str | None, status: CampaignStatus | None = None
    ) -> tuple[list[Progress], str | None]:
        """Campaigns, the newest first, and the next page's cursor. Raises InvalidCursorError."""
        campaigns, next_cursor = self._store.newest(limit, cursor, status)
        with ThreadPoolExecutor(READERS, thread_name_prefix="campaigns") as pool:
            return list(pool.map(self.progress, campaigns)), next_cursor

    def with_all_openids(self, campaign: Campaign) -> Progress:
        """The progress, with all openids of a named audience."""
        audience = campaign.plan.audience
        if audience.type is AudienceType.OPENIDS and not audience.openids:
            audience = replace(audience, openids=self._store.openids(campaign), left_out=0)
        return self.progress(replace(campaign, plan=replace(campaign.plan, audience=audience)))

    def progress(self, campaign: Campaign) -> Progress:
        return progress_of(campaign, self._store.segments(campaign.id), self._clock())

    def history(self, campaign_id: str) -> list[HistoryEntry]:
        """Raises UnknownCampaignError."""
        found = self._store.history(campaign_id)
        if not found and self._store.read(campaign_id) is None:
            raise UnknownCampaignError(campaign_id)
        return found
