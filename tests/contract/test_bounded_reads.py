"""Routes about campaigns read what they answer with, however many campaigns and recipients there are."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.campaigns import MemoryReports
from support.sample_campaigns import COMPLETED, NOW, PAUSED, campaign
from support.table_reads import TableReads
from support.tables import create_campaigns_table

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.channels import message_type

pytestmark = pytest.mark.emulator

MANY = 300


@dataclass
class World:
    store: DynamoCampaignStore
    reads: TableReads

    def __post_init__(self) -> None:
        self.show = ReadCampaigns(self.store, MemoryReports())


@pytest.fixture
def world(dynamodb: DynamoDBClient) -> Iterator[World]:
    store = DynamoCampaignStore(dynamodb, create_campaigns_table(dynamodb), 90, message_type)
    reads = TableReads.of(dynamodb)
    yield World(store, reads)
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
