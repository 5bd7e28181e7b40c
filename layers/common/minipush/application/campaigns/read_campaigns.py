"""Campaigns, how far they are, and who got what."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from minipush.application.campaigns.cursors import read_cursor, write_cursor
from minipush.application.ports.campaigns import CampaignStore, Reports
from minipush.domain.campaigns import AudienceType, Campaign, Counts, DeliveryFailure, Progress, Segment
from minipush.domain.messages import Status
from minipush.errors import UnknownCampaignError

# Pages of reports that one answer reads at most: a campaign may have many that are nearly empty.
MOST_PAGES = 100

type Entry = dict[str, object]
type Place = tuple[int, int, int]
"""Segment, page of its report, line."""


class ReadCampaigns:
    def __init__(self, store: CampaignStore, reports: Reports) -> None:
        self._store = store
        self._reports = reports

    def read(self, campaign_id: str) -> Progress | None:
        """With all of a named audience."""
        campaign = self._store.read(campaign_id)
        return self.whole(campaign) if campaign else None

    def newest(self, limit: int, cursor: str | None) -> tuple[list[Progress], str | None]:
        """Raises ValueError for a cursor that isn't ours."""
        campaigns, following = self._store.newest(limit, cursor)
        return [self.progress(campaign) for campaign in campaigns], following

    def whole(self, campaign: Campaign) -> Progress:
        """With all of a named audience."""
        audience = campaign.plan.audience
        if audience.type is AudienceType.OPENIDS and not audience.openids:
            audience = replace(audience, openids=self._store.openids(campaign), left_out=0)
        return self.progress(replace(campaign, plan=replace(campaign.plan, audience=audience)))

    def progress(self, campaign: Campaign) -> Progress:
        segments = self._store.segments(campaign.id)
        counts = Counts()
        for segment in segments:
            counts.merge(segment.counts)
        counts = counts.without(campaign.delivery_failures)
        return Progress(campaign, counts, sum(segment.done for segment in segments))

    def recipients(self, campaign_id: str, limit: int, cursor: str | None) -> tuple[list[Entry], str | None]:
        """What became of them, as far as it is written down. An answer may hold fewer than the limit.

        Raises UnknownCampaignError, and ValueError for a cursor that isn't ours.
        """
        start = _read_cursor(cursor) if cursor else (0, 0, 0)
        campaign = self._store.read(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        found, following = self._lines(campaign_id, limit, start)
        return self._as_delivered(campaign, found), following

    def _as_delivered(self, campaign: Campaign, entries: list[Entry]) -> list[Entry]:
        if not campaign.delivery_failures.total:
            return entries
        late = self._store.delivery_failures(campaign.id, [str(entry["openid"]) for entry in entries])
        return [_corrected(entry, late.get(str(entry["openid"]))) for entry in entries]

    def _lines(self, campaign_id: str, limit: int, start: Place) -> tuple[list[Entry], str | None]:
        found: list[Entry] = []
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


def _corrected(entry: Entry, late: DeliveryFailure | None) -> Entry:
    """A line that says more about another message stays as it is."""
    if late is None or entry["status"] not in (Status.SENT, Status.UNKNOWN):
        return entry
    if entry.get("msgid", late.msgid) != late.msgid:
        return entry
    rest = {name: value for name, value in entry.items() if name != "errcode"}
    told = {} if late.errcode is None else {"errcode": late.errcode}
    return rest | {"status": Status.FAILED.value, "reason": late.reason.value, "msgid": late.msgid} | told


def _pages(segments: Sequence[Segment], start: Place) -> Iterator[tuple[Segment, int, int]]:
    """Segment, page, and the line to begin at: of all pages from a place on."""
    number, first, line = start
    for segment in segments:
        if segment.number >= number:
            begin = first if segment.number == number else 0
            for page in range(begin, segment.pages):
                yield segment, page, line if (segment.number, page) == (number, first) else 0


def _cursor(position: Place) -> str:
    return write_cursor("{}.{}.{}".format(*position))


def _read_cursor(cursor: str) -> Place:
    found = read_cursor(cursor, r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})")
    return (int(found[1]), int(found[2]), int(found[3]))
