"""Read a campaign's report: the outcome for each recipient, in the order of the segments and their pages."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from minipush.application.cursors import Cursors
from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.domain.campaign_errors import UnknownCampaignError
from minipush.domain.campaigns import Campaign, Segment
from minipush.domain.counts import Correction
from minipush.domain.messages import Status
from minipush.domain.reports import ReportEntry

# How many pages of reports one answer reads at most: a campaign may have many pages that are nearly empty.
MOST_PAGES = 100
# The same where corrections are looked up for each page.
MOST_CORRECTED_PAGES = 20
READERS = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the report: a page of a segment, and the first line that is meant."""

    segment: Segment
    page: int
    line: int = 0

    @property
    def position(self) -> str:
        return f"{self.segment.number}.{self.page}.{self.line}"


class ReadReport:
    def __init__(self, store: CampaignStore, reports: Reports) -> None:
        self._store = store
        self._reports = reports

    def __call__(
        self, campaign_id: str, limit: int, cursor: str | None, status: Status | None = None
    ) -> tuple[list[ReportEntry], str | None]:
        """Entries that are written by now, at most `limit`, maybe fewer; and the next page's cursor.

        With a status, those that have it now, corrections included. Raises UnknownCampaignError, InvalidCursorError.
        """
        cursors = Cursors("recipients", campaign_id, status)
        number, page, line = _read(cursors, cursor) if cursor else (0, 0, 0)
        campaign = self._store.read(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        segments = [each for each in self._store.segments(campaign_id) if _may_have(each, campaign, status)]
        is_corrected = campaign.corrections.total > 0 and status is not Status.SKIPPED
        most = MOST_CORRECTED_PAGES if is_corrected and status else MOST_PAGES
        places = list(islice(_places(segments, number, page, line), most + 1))
        entries, following = self._entries(campaign, places, most, limit, status)
        return entries, cursors.write(following.position) if following else None

    def _entries(
        self, campaign: Campaign, places: Sequence[Place], most: int, limit: int, status: Status | None
    ) -> tuple[list[ReportEntry], Place | None]:
        found: list[ReportEntry] = []
        for place, entries in self.pages(campaign.id, places[:most]):
            if len(found) == limit:
                return found, place
            listed = enumerate(self.corrected(campaign, entries[place.line :]), place.line)
            matching = [(line, entry) for line, entry in listed if status in (None, entry.status)]
            room = limit - len(found)
            found += [entry for _, entry in matching[:room]]
            if len(matching) > room:
                return found, replace(place, line=matching[room][0])
        return found, places[most] if len(places) > most else None

    def pages(
        self, campaign_id: str, places: Sequence[Place], at_once: int = 1
    ) -> Iterator[tuple[Place, list[ReportEntry]]]:
        """The pages with their entries, in order. Read ahead, twice as many each time."""

        def read(place: Place) -> list[ReportEntry]:
            segment = place.segment
            return self._reports.read(campaign_id, segment.number, place.page, segment.writer_of(place.page))

        waiting = iter(places)
        with ThreadPoolExecutor(READERS, thread_name_prefix="report") as pool:
            while batch := list(islice(waiting, at_once)):
                yield from zip(batch, pool.map(read, batch), strict=True)
                at_once = min(2 * at_once, READERS)

    def corrected(self, campaign: Campaign, entries: list[ReportEntry]) -> list[ReportEntry]:
        """With what WeChat said later."""
        if not campaign.corrections.total:
            return entries
        corrections = self._store.corrections(campaign.id, [entry.openid for entry in entries])
        return [_corrected(entry, corrections.get(entry.openid)) for entry in entries]


def _may_have(segment: Segment, campaign: Campaign, status: Status | None) -> bool:
    if status is None or (campaign.corrections.total and status is not Status.SKIPPED):
        return True
    return bool(getattr(segment.counts, status.value))


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


def _places(segments: Sequence[Segment], number: int, first: int, line: int) -> Iterator[Place]:
    """All pages from this line of the page `first` of the segment `number` on."""
    for segment in segments:
        if segment.number >= number:
            begin = first if segment.number == number else 0
            for page in range(begin, segment.pages):
                yield Place(segment, page, line if (segment.number, page) == (number, first) else 0)


def _read(cursors: Cursors, cursor: str) -> tuple[int, int, int]:
    found = cursors.read(cursor, r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")
    return (int(found[1]), int(found[2]), int(found[3]))
