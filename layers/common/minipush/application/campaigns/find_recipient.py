"""Say what became of one user in a campaign: the outcome in the report, or why there is none."""

from minipush.application.campaigns.read_report import READERS, Place, ReadReport
from minipush.application.events.find_report_entry import FindReportEntry
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.domain.campaign_errors import ReportTooLongError, UnknownCampaignError
from minipush.domain.campaigns import SLICE, AudienceType, Campaign, Segment
from minipush.domain.recipients import NOT_NAMED, Absence, absence
from minipush.domain.reports import ReportEntry
from minipush.domain.users import User, is_openid

# A user without a claim, who was skipped, may be on any page. So many of them are read at most: 200,000 recipients.
MOST_SEARCHED = 800
# Stands for the segment of an openid that the audience does not name.
NOWHERE = -1


class FindRecipient:
    def __init__(
        self,
        store: CampaignStore,
        users: UserStore,
        find_report_entry: FindReportEntry,
        report: ReadReport,
        clock: Clock,
    ) -> None:
        self._store = store
        self._users = users
        self._find_report_entry = find_report_entry
        self._report = report
        self._clock = clock

    def __call__(self, campaign_id: str, openid: str) -> ReportEntry | Absence:
        """Raises UnknownCampaignError, ReportTooLongError, StoreError."""
        campaign = self._store.read(campaign_id)
        if campaign is None:
            raise UnknownCampaignError(campaign_id)
        number = self._segment_of(campaign, openid)
        if number == NOWHERE:
            return Absence(openid, *NOT_NAMED)
        user = self._users.read(openid) if is_openid(openid) else User(openid)
        entry = self._by_claim(campaign, user) or self._by_search(campaign, openid, number)
        if entry:
            return self._report.corrected(campaign, [entry])[0]
        return absence(user, campaign, self._clock())

    def _segment_of(self, campaign: Campaign, openid: str) -> int | None:
        """In a named audience; None where the segment isn't known."""
        if campaign.plan.audience.type is not AudienceType.OPENIDS:
            return None
        openids = self._store.openids(campaign)
        return openids.index(openid) // SLICE if openid in openids else NOWHERE

    def _by_claim(self, campaign: Campaign, user: User) -> ReportEntry | None:
        """A few reads: claims are kept for a week."""
        claims = [permit.claim for permit in user.permits if permit.claim]
        mine = [claim for claim in claims if claim.delivery == campaign.id]
        if not mine:
            return None
        last = max(mine, key=lambda claim: claim.at)
        return self._find_report_entry.entry(campaign.id, user.openid, last)

    def _by_search(self, campaign: Campaign, openid: str, number: int | None) -> ReportEntry | None:
        segments = self._store.segments(campaign.id) if campaign.started_at is not None else []
        places = _places(segments, number)
        if len(places) > MOST_SEARCHED:
            raise ReportTooLongError(len(places))
        for _, entries in self._report.pages(campaign.id, places, at_once=READERS):
            for entry in entries:
                if entry.openid == openid:
                    return entry
        return None


def _places(segments: list[Segment], number: int | None) -> list[Place]:
    """The pages to search, all of them or those of one segment."""
    searched = [segment for segment in segments if number in (None, segment.number)]
    return [Place(segment, page) for segment in searched for page in range(segment.pages)]
