"""Read campaigns, their progress, and the outcome for each recipient."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from minipush.application.cursors import read_cursor, write_cursor
from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Progress, Segment
from minipush.domain.counts import Correction, Counts
from minipush.domain.messages import Status
from minipush.domain.reports import ReportEntry
from minipush.errors import UnknownCampaignError

# How many pages of reports one answer reads at most: a campaign may have many pages that are nearly empty.
MOST_PAGES = 100
# A list reads the segments of so many campaigns at once.
READERS = 8

type Position = tuple[int, int, int]
"""Segment, page of its report, line."""


class ReadCampaigns:
    def __init__(self, store: CampaignStore, reports: Reports) -> None:
        self._store = store
        self._reports = reports

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
        segments = self._store.segments(campaign.id)
        counts = Counts()
        for segment in segments:
            counts.merge(segment.counts)
        counts = counts.corrected(campaign.corrections)
        return Progress(campaign, counts, sum(segment.done for segment in segments))

    def recipients(
        self, campaign_id: str, limit: int, cursor: str | None
    ) -> tuple[list[ReportEntry], str | None]:
        """Entries that are written by now, at most `limit`, maybe fewer; and the next page's cursor.

        Raises UnknownCampaignError, InvalidCursorError.
        """
        start = _read_cursor(cursor) if cursor else (0, 0, 0)
        campaign = self._store.read(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        entries, next_cursor = self._entries(campaign_id, limit, start)
        return self._with_corrections(campaign, entries), next_cursor

    def _with_corrections(self, campaign: Campaign, entries: list[ReportEntry]) -> list[ReportEntry]:
        if not campaign.corrections.total:
            return entries
        corrections = self._store.corrections(campaign.id, [entry.openid for entry in entries])
        return [_corrected(entry, corrections.get(entry.openid)) for entry in entries]

    def _entries(self, campaign_id: str, limit: int, start: Position) -> tuple[list[ReportEntry], str | None]:
        found: list[ReportEntry] = []
        for read, (segment, page, line) in enumerate(_pages(self._store.segments(campaign_id), start)):
            room = limit - len(found)
            if not room or read == MOST_PAGES:
                return found, _cursor((segment.number, page, line))
            writer = segment.writer_of(page)
            entries = self._reports.read(campaign_id, segment.number, page, writer)[line:]
            found += entries[:room]
            if len(entries) > room:
                return found, _cursor((segment.number, page, line + room))
        return found, None


def _corrected(entry: ReportEntry, correction: Correction | None) -> ReportEntry:
    """An entry about another message stays as it is: one with another msgid, or that was never sent."""
    if correction is None or entry.status not in (Status.SENT, Status.UNKNOWN):
        return entry
    if entry.msgid not in (None, correction.msgid):
        return entry
    return replace(
        entry,
        status=correction.status,
        reason=correction.reason,
        errcode=correction.errcode,
        msgid=correction.msgid,
        errmsg=None,
        rid=None,
    )


def _pages(segments: Sequence[Segment], start: Position) -> Iterator[tuple[Segment, int, int]]:
    """All pages from a position on: segment, page, and the line to begin at."""
    number, first, line = start
    for segment in segments:
        if segment.number >= number:
            begin = first if segment.number == number else 0
            for page in range(begin, segment.pages):
                yield segment, page, line if (segment.number, page) == (number, first) else 0


def _cursor(position: Position) -> str:
    return write_cursor("{}.{}.{}".format(*position))


def _read_cursor(cursor: str) -> Position:
    found = read_cursor(cursor, r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")
    return (int(found[1]), int(found[2]), int(found[3]))
