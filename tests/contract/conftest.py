from collections.abc import Callable

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.campaigns import MemoryCampaigns, MemoryRunningSegments
from support.memory import MemoryStore
from support.segments import SegmentStore
from support.stores import Stores
from support.tables import create_campaigns_table, create_tables

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.campaigns import CampaignStore
from minipush.channels import message_type


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> DynamoDBClient:
    """A client of a DynamoDB that isn't there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return plain_json_session().client("dynamodb", region_name="us-east-1", endpoint_url="http://127.0.0.1:1")


@pytest.fixture(scope="session")
def aws() -> boto3.Session:
    """Its clients need `endpoint_url=aws_endpoint`."""
    return boto3.Session(region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def memory(_: pytest.FixtureRequest) -> Stores:
    store = MemoryStore()
    return Stores(store, store, store)


def dynamo(request: pytest.FixtureRequest) -> Stores:
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    users, state = create_tables(client)
    return Stores(
        DynamoUserStore(client, users),
        DynamoLedger(client, EventLoopCalls(client), users),
        DynamoSweepStore(client, users, state, ACCOUNT),
    )


KINDS: dict[str, Callable[[pytest.FixtureRequest], Stores]] = {"memory": memory, "dynamodb": dynamo}


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def stores(request: pytest.FixtureRequest) -> Stores:
    return KINDS[request.param](request)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def campaign_store(request: pytest.FixtureRequest) -> CampaignStore:
    if request.param == "memory":
        return MemoryCampaigns()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoCampaignStore(client, create_campaigns_table(client), days=90, message_type=message_type)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def segment_store(request: pytest.FixtureRequest) -> SegmentStore:
    if request.param == "memory":
        memory = MemoryCampaigns()
        return SegmentStore(memory, MemoryRunningSegments(memory))
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    table = create_campaigns_table(client)
    return SegmentStore(
        DynamoCampaignStore(client, table, days=90, message_type=message_type),
        DynamoRunningSegments(EventLoopCalls(client), table, days=90),
    )
