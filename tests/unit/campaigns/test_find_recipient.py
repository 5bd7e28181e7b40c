"""Why a user got a campaign's message, or did not."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from support.campaigns import MemoryCampaigns, MemoryReports
from support.memory import MemoryStore

from minipush.application.campaigns import find_recipient
from minipush.application.campaigns.find_recipient import FindRecipient
from minipush.application.campaigns.read_report import ReadReport
from minipush.application.events.find_report_entry import FindReportEntry
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaign_errors import ReportTooLongError, UnknownCampaignError
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.counts import Correction
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.permit_kinds import FORM
from minipush.domain.permits import Permit
from minipush.domain.recipients import Absence, AbsentReason, AbsentStatus
from minipush.domain.reports import ReportEntry
from minipush.domain.users import UserSettings

NOW = 1_800_000_000_000
HOUR = 60 * 60 * 1000
ALL = Audience(AudienceType.ALL)
RUNNING, COMPLETED, CANCELLED = CampaignStatus.RUNNING, CampaignStatus.COMPLETED, CampaignStatus.CANCELLED
SCHEDULED = CampaignStatus.SCHEDULED
OUTSIDE, WAITING, NOT_REACHED = AbsentStatus.NOT_IN_AUDIENCE, AbsentStatus.WAITING, AbsentStatus.NOT_REACHED


@dataclass
class CountedReports(MemoryReports):
    reads: int = 0

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        self.reads += 1
        return super().read(campaign_id, number, page, owner)


@dataclass
class World:
    store: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    users: MemoryStore = field(default_factory=MemoryStore)
    reports: CountedReports = field(default_factory=CountedReports)

    def __post_init__(self) -> None:
        find = FindReportEntry(self.store, self.reports)
        report = ReadReport(self.store, self.reports)
        self.find = FindRecipient(self.store, self.users, find, report, lambda: NOW)

    def campaign(
        self, status: CampaignStatus = RUNNING, audience: Audience = ALL, at: int | None = None
    ) -> None:
        plan = Plan("Evening", Message(TEMPLATE_MESSAGE, "T1"), audience, at)
        started = None if status is SCHEDULED else NOW - HOUR
        self.store.create(Campaign("c-1", plan, 2, status, NOW - HOUR, NOW, started))

    def page(self, *outcomes: Outcome, number: int = 0, at: int = NOW) -> None:
        segment = self.store.take("c-1", number, "one", NOW, NOW)
        self.reports.write(segment, list(outcomes), at)
        segment.counts.add(outcomes)
        self.store.save(replace(segment, pages=segment.pages + 1))

    def permit(self, openid: str = "ada", hours: int = 48, *, claimed: bool = False) -> None:
        permit = Permit(FORM, f"f{hours}", NOW + hours * HOUR)
        self.users.add(openid, [permit])
        if claimed:
            asyncio.run(self.users.claim(openid, permit, "c-1/one", NOW))


@pytest.fixture
def world() -> World:
    return World()


# ---- in the report


def test_a_user_who_got_the_message_is_found_by_the_claim(world: World) -> None:
    world.campaign()
    world.permit(claimed=True)
    for n in range(200):
        world.page(Outcome(f"u{n}", Status.SENT), at=NOW - 200 + n)
    world.page(Outcome("ada", Status.SENT), at=NOW + 1)
    found = world.find("c-1", "ada")
    assert isinstance(found, ReportEntry)
    assert (found.openid, found.status) == ("ada", Status.SENT)
    assert world.reports.reads <= 20


def test_a_user_who_was_skipped_is_found_without_a_claim(world: World) -> None:
    world.campaign()
    world.page(Outcome("bo", Status.SENT))
    world.page(Outcome("ada", Status.SKIPPED, Reason.OPTED_OUT), number=1)
    found = world.find("c-1", "ada")
    assert isinstance(found, ReportEntry)
    assert (found.status, found.reason) == (Status.SKIPPED, Reason.OPTED_OUT)


def test_what_wechat_said_later_is_told(world: World) -> None:
    world.campaign()
    world.page(Outcome("ada", Status.SENT, msgid=7))
    correction = Correction("ada", "7", Reason.REFUSED, 5, Status.SENT, NOW)
    world.store.add_correction(world.store.campaigns["c-1"], correction)
    found = world.find("c-1", "ada")
    assert isinstance(found, ReportEntry)
    assert (found.status, found.reason, found.errcode) == (Status.FAILED, Reason.REFUSED, 5)


def test_a_named_user_is_looked_for_in_one_segment(world: World) -> None:
    world.campaign(audience=Audience(AudienceType.OPENIDS, tuple(f"u{n}" for n in range(600))))
    for number in (0, 1):
        for n in range(5):
            openids = [f"u{500 * number + 20 * n + m}" for m in range(20)]
            world.page(*(Outcome(openid, Status.SENT) for openid in openids), number=number)
    assert world.find("c-1", "u599") == ReportEntry(openid="u599", status=Status.SENT, at=NOW)
    assert world.reports.reads == 5


def test_a_report_that_is_too_long_is_not_searched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_recipient, "MOST_SEARCHED", 2)
    world.campaign()
    for n in range(3):
        world.page(Outcome(f"u{n}", Status.SENT))
    with pytest.raises(ReportTooLongError):
        world.find("c-1", "ada")
    assert world.reports.reads == 0


def test_an_unknown_campaign_has_no_recipient(world: World) -> None:
    with pytest.raises(UnknownCampaignError):
        world.find("c-1", "ada")


# ---- not in the report


@pytest.mark.parametrize("status", [RUNNING, COMPLETED, CANCELLED, SCHEDULED])
def test_a_user_without_a_permit_is_not_in_the_audience(world: World, status: CampaignStatus) -> None:
    world.campaign(status)
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.NO_PERMIT)


def test_a_user_without_the_tag_is_not_in_the_audience(world: World) -> None:
    world.campaign(audience=Audience(AudienceType.TAG, tag="vip"))
    world.permit()
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.NOT_TAGGED)
    world.users.settings["ada"] = UserSettings(tags=("vip",))
    assert world.find("c-1", "ada") == Absence("ada", WAITING)


def test_a_user_whose_permits_live_longer_is_not_in_the_audience(world: World) -> None:
    world.campaign(audience=Audience(AudienceType.EXPIRING, within_hours=24))
    world.permit(hours=48)
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.NOT_EXPIRING)


def test_a_user_who_is_not_named_costs_no_search(world: World) -> None:
    world.campaign(COMPLETED, Audience(AudienceType.OPENIDS, ("bo",)))
    world.page(Outcome("bo", Status.SENT))
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.NOT_NAMED)
    assert world.reports.reads == 0


def test_a_user_who_came_after_the_campaign_joined_later(world: World) -> None:
    world.campaign(COMPLETED)
    world.permit()
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.JOINED_LATER)


@pytest.mark.parametrize("status", [RUNNING, CampaignStatus.PAUSED, SCHEDULED])
def test_a_user_whose_turn_may_come_waits(world: World, status: CampaignStatus) -> None:
    world.campaign(status)
    world.permit()
    assert world.find("c-1", "ada") == Absence("ada", WAITING)


def test_a_message_whose_outcome_is_not_written_yet_waits(world: World) -> None:
    world.campaign()
    world.permit(claimed=True)
    world.permit(hours=50)
    assert world.find("c-1", "ada") == Absence("ada", WAITING)


def test_a_planned_campaign_counts_the_permits_of_its_time(world: World) -> None:
    world.campaign(SCHEDULED, at=NOW + 24 * HOUR)
    world.permit(hours=12)
    assert world.find("c-1", "ada") == Absence("ada", OUTSIDE, AbsentReason.NO_PERMIT)


@pytest.mark.parametrize("status", [CANCELLED, CampaignStatus.FAILED])
def test_a_user_whose_turn_did_not_come_was_not_reached(world: World, status: CampaignStatus) -> None:
    world.campaign(status)
    world.permit()
    assert world.find("c-1", "ada") == Absence("ada", NOT_REACHED)
