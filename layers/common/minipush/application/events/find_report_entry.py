"""What a campaign's report says of one recipient, found in a few reads.

The claim says who carried the segment that the recipient is in, and when; segments say who wrote which pages; and
pages are in order of time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Status
from minipush.domain.permits import Claim
from minipush.domain.timestamps import iso

# A carrier has that many recipients in hand, who fill so many pages: see Carriage and Logbook.
PAGES_AFTER_THE_CLAIM = 12


@dataclass(frozen=True, slots=True)
class Line:
    """`status` is what will stand there where nothing does as yet."""

    status: Status
    msgid: str | None = None
    is_written: bool = False


class FindReportEntry:
    def __init__(self, store: CampaignStore, reports: Reports) -> None:
        self._store = store
        self._reports = reports

    def __call__(self, campaign_id: str, openid: str, claim: Claim) -> Line:
        """Of a message that WeChat took. Raises StoreError."""
        wrote = _written_by(claim.owner, self._store.segments(campaign_id))
        if wrote is None:
            # Another has taken the segment over, and found this recipient in doubt.
            return Line(Status.UNKNOWN)
        segment, pages, owns = wrote
        found = self._search(segment, pages, openid, claim)
        return found or Line(Status.SENT if owns else Status.UNKNOWN)

    def _search(self, segment: Segment, pages: range, openid: str, claim: Claim) -> Line | None:
        @cache
        def read(page: int) -> list[dict[str, object]]:
            return self._reports.read(segment.campaign_id, segment.number, page, claim.owner)

        nearest = bisect_left(pages, iso(claim.at), key=lambda page: str(read(page)[0]["at"]))
        for page in pages[nearest : nearest + PAGES_AFTER_THE_CLAIM]:
            for entry in read(page):
                if entry["openid"] == openid:
                    return _line(entry)
        return None


def _written_by(owner: str, segments: Sequence[Segment]) -> tuple[Segment, range, bool] | None:
    """The segment, the pages that are this carrier's, and whether the segment is still its own."""
    for segment in segments:
        ends = [*(start for start, _ in segment.owners[1:]), segment.pages]
        for (start, name), end in zip(segment.owners, ends, strict=True):
            if name == owner:
                return segment, range(start, end), segment.owner == owner
    return None


def _line(entry: dict[str, object]) -> Line:
    msgid = entry.get("msgid")
    return Line(Status(str(entry["status"])), None if msgid is None else str(msgid), is_written=True)
