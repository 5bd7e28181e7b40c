"""How many requests tags and timelines cost, with as many users as a request may name."""

from collections import Counter
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.tables import create_tables

from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.adapters.dynamodb.users.histories import DynamoHistoryStore
from minipush.adapters.dynamodb.users.tags import DynamoTagStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.tags.change_tags import ChangeTags
from minipush.application.timelines.read_timeline import ReadTimeline
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit

pytestmark = pytest.mark.emulator

VIP, NONE = frozenset({"vip"}), frozenset[str]()
USERS = [f"user-{n:04}" for n in range(1000)]


@pytest.fixture
def client(aws_endpoint: str) -> DynamoDBClient:
    """A client of its own, whose calls can be counted."""
    return plain_json_session().client(
        "dynamodb",
        endpoint_url=aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def calls(client: DynamoDBClient) -> Counter[str]:
    counted: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counted[model.name] += 1

    client.meta.events.register("before-call.dynamodb", count)
    return counted


def test_a_thousand_users_get_a_tag_in_fifty_requests_and_a_repeat_reads_only(
    client: DynamoDBClient, calls: Counter[str]
) -> None:
    table, _ = create_tables(client)
    calls.clear()
    change = ChangeTags(DynamoTagStore(client, table))
    assert change(USERS, VIP, NONE) == 1000
    assert calls == {"BatchGetItem": 10, "BatchExecuteStatement": 40}
    calls.clear()
    assert change(USERS, VIP, NONE) == 0
    assert calls == {"BatchGetItem": 10}


def test_a_page_of_a_timeline_is_one_read(client: DynamoDBClient, calls: Counter[str]) -> None:
    table, _ = create_tables(client)
    permits = [Permit(permit_kinds.ONCE, f"a{n}", template_id=f"T{n}") for n in range(200)]
    DynamoUserStore(client, table).add("ada", permits, at=1)
    calls.clear()
    page = ReadTimeline(DynamoHistoryStore(client, table), lambda: 2)("ada", 50, None)
    assert (len(page.entries), calls) == (50, {"Query": 1})
