"""Find one recipient in a campaign's report, in a few reads.

The claim has the owner of the recipient's segment and the time; the segment has the pages of each owner; and pages
are in the order in which they were written. Their entries are not in the order of time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Status
from minipush.domain.permits import Claim
from minipush.domain.reports import ReportEntry

# An entry is written at most this many pages after its claim: a worker has no more recipients in hand than fill
# them. See WorkerSettings.most_unwritten and page_size.
PAGES_AFTER_THE_CLAIM = 12


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """`status`: in the report, or the one it will have there if the entry isn't written yet."""

    status: Status
    msgid: str | None = None
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class OwnedPages:
    """The pages that one owner wrote."""

    segment: Segment
    pages: range


class FindReportEntry:
    def __init__(self, store: CampaignStore, reports: Reports) -> None:
        self._store = store
        self._reports = reports

    def __call__(self, campaign_id: str, openid: str, claim: Claim) -> FoundEntry:
        """For a message that WeChat accepted. Raises StoreError.

        The claim tells what is reported as unknown, before its page is written. If its worker died instead, the
        next one will read at the claim what WeChat said, and report the message as sent.
        """
        if claim.is_reported_unknown:
            return FoundEntry(Status.UNKNOWN, is_written=True)
        entry = self.entry(campaign_id, openid, claim)
        return FoundEntry(entry.status, entry.msgid, is_written=True) if entry else FoundEntry(Status.SENT)

    def entry(self, campaign_id: str, openid: str, claim: Claim) -> ReportEntry | None:
        """The entry that was written after the claim; None if it isn't written yet. Raises StoreError."""
        owned = _pages_of(claim.owner, self._store.segments(campaign_id))
        return self._search(owned, openid, claim) if owned else None

    def _search(self, owned: OwnedPages, openid: str, claim: Claim) -> ReportEntry | None:
        segment, pages = owned.segment, owned.pages

        @cache
        def read(page: int) -> list[ReportEntry]:
            return self._reports.read(segment.campaign_id, segment.number, page, claim.owner)

        nearest = bisect_left(pages, claim.at, key=lambda page: _written_at(read(page)))
        for page in pages[nearest : nearest + PAGES_AFTER_THE_CLAIM]:
            for entry in read(page):
                if entry.openid == openid:
                    return entry
        return None


def _written_at(page: Sequence[ReportEntry]) -> int:
    first = page[0]
    return first.at if first.page_at is None else first.page_at


def _pages_of(owner: str, segments: Sequence[Segment]) -> OwnedPages | None:
    for segment in segments:
        ends = [*(start for start, _ in segment.owners[1:]), segment.pages]
        for (start, name), end in zip(segment.owners, ends, strict=True):
            if name == owner:
                return OwnedPages(segment, range(start, end))
    return None
