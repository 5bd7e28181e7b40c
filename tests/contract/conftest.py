import uuid
from collections.abc import Callable
from dataclasses import dataclass

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.campaigns import MemoryCampaigns
from support.memory import MemoryStore

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.sweeps import SweepStore
from minipush.application.ports.users import UserStore


@dataclass(frozen=True)
class Stores:
    users: UserStore
    ledger: Ledger
    sweeps: SweepStore


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> DynamoDBClient:
    """A client of a DynamoDB that isn't there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    return plain_json_session().client("dynamodb", region_name="us-east-1", endpoint_url="http://127.0.0.1:1")


def create_tables(dynamodb: DynamoDBClient) -> tuple[str, str]:
    users, state = f"users-{uuid.uuid4().hex}", f"state-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=users,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "openid", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "openid", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    dynamodb.create_table(
        TableName=state,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return users, state


def create_campaigns_table(dynamodb: DynamoDBClient) -> str:
    name = f"campaigns-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "campaign_id", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "listed", "AttributeType": "S"},
            {"AttributeName": "created", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "campaign_id", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "Newest",
                "KeySchema": [
                    {"AttributeName": "listed", "KeyType": "HASH"},
                    {"AttributeName": "created", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status", "unpublished"]},
            }
        ],
    )
    return name


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
        DynamoUserStore(client, users), DynamoLedger(client, users), DynamoSweepStore(client, users, state)
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
    return DynamoCampaignStore(client, create_campaigns_table(client), days=90)
