"""Reading campaigns and their reports, while they run and afterwards."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaigns import MemoryCampaigns, MemoryReports

from minipush.application.campaigns import read_report
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.campaigns.read_report import ReadReport
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaign_errors import UnknownCampaignError
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.counts import Correction
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.reports import ReportEntry
from minipush.domain.timestamps import iso

NOW = 1_800_000_000_000
EVERYBODY = Audience(AudienceType.ALL)
MANY = tuple(f"user-{n}" for n in range(1200))


def campaign(id_: str, audience: Audience = EVERYBODY, segments: int = 3) -> Campaign:
    plan = Plan("Evening", Message(TEMPLATE_MESSAGE, "T1"), audience)
    return Campaign(id_, plan, segments, CampaignStatus.RUNNING, NOW, NOW, NOW)


@dataclass
class World:
    store: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    reports: MemoryReports = field(default_factory=MemoryReports)

    def __post_init__(self) -> None:
        self.show = ReadCampaigns(self.store, lambda: NOW)
        self.report = ReadReport(self.store, self.reports)
        self.store.create(campaign("c-1"))

    def settle(self, number: int, openids: list[str], owner: str = "one", *, done: bool = False) -> None:
        """Write one page, as a worker does."""
        self.settle_as(number, [Outcome(openid, Status.SENT) for openid in openids], owner, done=done)

    def settle_as(
        self, number: int, outcomes: list[Outcome], owner: str = "one", *, done: bool = False
    ) -> None:
        segment = self.store.take("c-1", number, owner, NOW, NOW)
        self.reports.write(segment, outcomes, NOW)
        segment.counts.add(outcomes)
        self.store.save(replace(segment, pages=segment.pages + 1, done=done))

    def walk(self, limit: int, status: Status | None = None) -> list[str]:
        """All recipients, by following the cursors."""
        openids: list[str] = []
        cursor = None
        while True:
            found, cursor = self.report("c-1", limit, cursor, status)
            openids += [entry.openid for entry in found]
            if cursor is None:
                return openids
            assert found or status


@pytest.fixture
def world() -> World:
    return World()


def test_counts_are_the_sums_over_the_segments(world: World) -> None:
    world.settle(0, ["a", "b"], done=True)
    segment = world.store.take("c-1", 1, "two", NOW, NOW)
    segment.counts.add([Outcome("c", Status.SKIPPED, Reason.OPTED_OUT), Outcome("d", Status.UNKNOWN)])
    world.store.save(segment)
    progress = world.show.read("c-1")
    assert progress
    assert (progress.counts.sent, progress.counts.skipped, progress.counts.unknown) == (2, 1, 1)
    assert progress.counts.by_reason == {"opted_out": 1}
    assert progress.segments_done == 1


def test_an_unknown_campaign_has_no_recipients(world: World) -> None:
    assert world.show.read("c-2") is None
    with pytest.raises(UnknownCampaignError):
        world.report("c-2", 10, None)


def test_a_long_audience_is_whole_where_one_campaign_is_read_and_counted_in_lists(world: World) -> None:
    world.store.create(campaign("c-2", Audience(AudienceType.OPENIDS, MANY)))
    read = world.show.read("c-2")
    assert read
    assert read.campaign.plan.audience.openids == MANY
    [listed] = [p for p in world.show.newest(10, None)[0] if p.campaign.id == "c-2"]
    assert listed.campaign.plan.audience.openids == ()
    assert listed.campaign.plan.audience.left_out == len(MANY)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 100])
def test_recipients_come_each_once_and_in_order_whatever_the_limit(world: World, limit: int) -> None:
    world.settle(1, ["d", "e"])
    world.settle(0, ["a", "b"])
    world.settle(0, ["c"], done=True)
    assert world.walk(limit) == ["a", "b", "c", "d", "e"]


def test_the_last_page_says_so_also_when_it_is_full(world: World) -> None:
    world.settle(0, ["a", "b"])
    assert world.report("c-1", 2, None)[1] is None


def test_only_the_pages_of_those_who_held_the_segment_count(world: World) -> None:
    world.settle(0, ["a"], "one")
    lost = world.store.take("c-1", 0, "one", NOW, NOW)
    world.settle(0, ["b"], "two")
    world.reports.write(lost, [Outcome("ghost", Status.SENT)], NOW)
    assert world.walk(10) == ["a", "b"]


def test_a_page_that_was_never_committed_is_not_told(world: World) -> None:
    segment = world.store.take("c-1", 0, "one", NOW, NOW)
    world.reports.write(segment, [Outcome("a", Status.SENT)], NOW)
    assert world.walk(10) == []


def test_a_cursor_holds_while_the_campaign_goes_on(world: World) -> None:
    world.settle(0, ["a", "b", "c"])
    found, cursor = world.report("c-1", 2, None)
    assert cursor
    world.settle(0, ["d"])
    world.settle(1, ["e"])
    more, _ = world.report("c-1", 10, cursor)
    assert [entry.openid for entry in [*found, *more]] == ["a", "b", "c", "d", "e"]


def test_an_answer_reads_so_many_pages_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_report, "MOST_PAGES", 2)
    for name in "abcde":
        world.settle(0, [name])
    found, cursor = world.report("c-1", 1000, None)
    assert len(found) == 2
    assert cursor
    assert world.walk(1000) == list("abcde")


def test_what_became_of_a_recipient_is_told_in_full(world: World) -> None:
    segment = world.store.take("c-1", 0, "one", NOW, NOW)
    world.reports.write(segment, [Outcome("a", Status.FAILED, Reason.REFUSED, 43101)], NOW)
    world.store.save(replace(segment, pages=1))
    [entry], _ = world.report("c-1", 10, None)
    assert entry == ReportEntry(
        openid="a", status=Status.FAILED, reason=Reason.REFUSED, errcode=43101, at=NOW
    )
    assert iso(entry.at) == "2027-01-15T08:00:00.000Z"


def settle_mixed(world: World) -> None:
    """Two segments, of which the second one has only sent messages."""
    for page in ([("a", Status.SENT), ("b", Status.FAILED)], [("c", Status.FAILED), ("d", Status.SENT)]):
        world.settle_as(0, [Outcome(openid, status) for openid, status in page])
    world.settle(1, ["e", "f"])


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_recipients_of_one_status_come_each_once_and_in_order(world: World, limit: int) -> None:
    settle_mixed(world)
    assert world.walk(limit, Status.FAILED) == ["b", "c"]
    assert world.walk(limit, Status.SENT) == ["a", "d", "e", "f"]
    assert world.walk(limit, Status.SKIPPED) == []


def test_a_segment_without_the_status_is_not_read(world: World) -> None:
    settle_mixed(world)
    world.reports.pages = {where: page for where, page in world.reports.pages.items() if where[1] == 0}
    assert world.walk(10, Status.FAILED) == ["b", "c"]


def test_a_search_for_a_rare_status_goes_on_from_answer_to_answer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_report, "MOST_PAGES", 3)
    for n in range(10):
        world.settle(0, [f"u{n}"])
    world.settle_as(0, [Outcome("last", Status.FAILED)])
    found, cursor = world.report("c-1", 10, None, Status.FAILED)
    assert (found, bool(cursor)) == ([], True)
    assert world.walk(10, Status.FAILED) == ["last"]


def test_what_wechat_said_later_decides_the_status(world: World) -> None:
    world.settle(0, ["a", "b"])
    for openid in ("b", "nobody"):
        correction = Correction(openid, "7", Reason.REFUSED, 5, Status.SENT, NOW)
        world.store.add_correction(world.store.campaigns["c-1"], correction)
    assert world.walk(10, Status.FAILED) == ["b"]
    assert world.walk(10, Status.SENT) == ["a"]


@given(
    cursor=st.text(min_size=1) | st.sampled_from(["MC4w", "LTEuMC4w", "MC4wLjA=x", "MC4wLjAuMA", "\ud800"])
)
def test_what_is_no_cursor_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError):
        World().report("c-1", 10, cursor)
