"""Routes about campaigns read what they answer with, however many campaigns and recipients there are."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.campaigns import MemoryReports
from support.sample_campaigns import COMPLETED, NOW, PAUSED, campaign
from support.segments import SegmentStore
from support.table_reads import TableReads
from support.tables import create_campaigns_table

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.campaigns.read_report import MOST_PAGES, ReadReport
from minipush.channels import message_type
from minipush.domain.messages import Outcome, Status
from minipush.domain.reports import ReportEntry

pytestmark = pytest.mark.emulator

MANY = 300


@dataclass
class World:
    store: DynamoCampaignStore
    segments: SegmentStore
    reads: TableReads

    def __post_init__(self) -> None:
        self.show = ReadCampaigns(self.store, lambda: NOW)


@pytest.fixture
def world(dynamodb: DynamoDBClient) -> Iterator[World]:
    table = create_campaigns_table(dynamodb)
    store = DynamoCampaignStore(dynamodb, table, 90, message_type)
    segments = SegmentStore(store, DynamoRunningSegments(EventLoopCalls(dynamodb), table, 90))
    reads = TableReads.of(dynamodb)
    yield World(store, segments, reads)
    dynamodb.meta.events.unregister("after-call.dynamodb", reads.count)


def test_a_list_of_one_status_reads_no_campaign_of_another(world: World) -> None:
    for n in range(MANY):
        world.store.create(campaign(f"c-{n:03}", PAUSED if n % 100 == 0 else COMPLETED, created_at=NOW + n))
    world.reads.reset()
    found, cursor = world.show.newest(2, None, PAUSED)
    assert [progress.campaign.id for progress in found] == ["c-200", "c-100"]
    assert cursor
    # The index, one more than the page; the campaigns; the segments of each, of which there are none.
    assert world.reads.requests == {"Query": 1 + 2, "BatchGetItem": 1}
    assert world.reads.items == 3 + 2


@dataclass
class CountedReports(MemoryReports):
    reads: int = 0

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        self.reads += 1
        return super().read(campaign_id, number, page, owner)


def report(segments: SegmentStore, reports: MemoryReports, pages: int) -> None:
    """A segment's report: skipped users on its last page only."""
    segments.campaigns.create(campaign())
    segment = segments.take("c-1", 0, "one", NOW, NOW)
    for page in range(pages):
        status = Status.SKIPPED if page == pages - 1 else Status.SENT
        outcomes = [Outcome(f"u{page}-{n}", status) for n in range(3)]
        reports.write(segment, outcomes, NOW)
        segment.counts.add(outcomes)
        segment.pages += 1
    segments.save(segment)


def test_a_list_of_recipients_reads_the_pages_that_it_needs(world: World) -> None:
    reports = CountedReports()
    report(world.segments, reports, pages=90)
    world.reads.reset()
    found, cursor = ReadReport(world.store, reports)("c-1", 6, None)
    assert (len(found), bool(cursor)) == (6, True)
    assert reports.reads <= 3
    assert world.reads.requests == {"GetItem": 1, "Query": 1}


def test_a_list_of_one_status_reads_a_hundred_pages_and_goes_on(world: World) -> None:
    reports = CountedReports()
    report(world.segments, reports, pages=MOST_PAGES + 30)
    found, cursor = ReadReport(world.store, reports)("c-1", 6, None, Status.SKIPPED)
    assert (found, reports.reads) == ([], MOST_PAGES)
    found, cursor = ReadReport(world.store, reports)("c-1", 6, cursor, Status.SKIPPED)
    assert (len(found), cursor, reports.reads) == (3, None, MOST_PAGES + 30)
