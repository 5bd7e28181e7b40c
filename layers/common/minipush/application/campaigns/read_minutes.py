"""Read a campaign's timeline: its recipients by the minute, or by longer steps."""

from collections.abc import Iterator
from itertools import islice

from minipush.application.ports.campaigns import CampaignStore
from minipush.domain.campaign_errors import UnknownCampaignError
from minipush.domain.campaign_minutes import Minute, by_step

# The most pages of the store that one answer reads. A day of a campaign with 1,000 segments has as many.
MOST_PAGES = 32


class ReadMinutes:
    def __init__(self, store: CampaignStore) -> None:
        self._store = store

    def __call__(
        self, campaign_id: str, step: int, limit: int, start: int = 0
    ) -> tuple[list[Minute], int | None]:
        """Sums of `step` minutes, without those that have no recipient, in order; and where the next ones begin.

        `start`: in minutes since the epoch. What WeChat said later of a message is not in it. Raises
        UnknownCampaignError, StoreError.
        """
        if self._store.read(campaign_id) is None:
            raise UnknownCampaignError(campaign_id)
        # The segments first: a span that they close meanwhile is in the store then, and counts once.
        kept = {
            (segment.number, minute.at): minute
            for segment in self._store.segments(campaign_id)
            for minute in segment.minutes
            if minute.at >= start
        }
        following: int | None = None
        sums: list[Minute] = []
        for page, following in islice(self._pages(campaign_id, start), MOST_PAGES):
            kept |= {(number, minute.at): minute for number, minute in page}
            sums = by_step(kept.values(), step)
            whole = [each for each in sums if following is None or each.at + step <= following]
            if len(whole) > limit:
                return whole[:limit], whole[limit].at
        return [each for each in sums if following is None or each.at < following], following

    def _pages(self, campaign_id: str, first: int) -> Iterator[tuple[list[tuple[int, Minute]], int | None]]:
        following: int | None = first
        while following is not None:
            page, following = self._store.minutes(campaign_id, following)
            yield page, following
