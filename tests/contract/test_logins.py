"""What DynamoDB keeps of log-ins."""

from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.tables import create_tables

from minipush.adapters.dynamodb.users.users import DynamoUserStore

pytestmark = pytest.mark.emulator

NOW = 1_800_000_000_000
MINUTE = 60_000


def recorded(dynamodb: DynamoDBClient, *logins: tuple[str | None, int]) -> Any:
    """The profile after log-ins with these unionids, at these minutes."""
    table, _ = create_tables(dynamodb)
    users = DynamoUserStore(dynamodb, table)
    for unionid, minute in logins:
        users.record_login("ada", unionid, NOW + minute * MINUTE)
    [profile] = dynamodb.scan(TableName=table)["Items"]
    return profile


def test_a_login_is_recorded_once_in_ten_minutes(dynamodb: DynamoDBClient) -> None:
    assert recorded(dynamodb, (None, 0), (None, 9))["last_seen"] == {"N": str(NOW)}
    assert recorded(dynamodb, (None, 0), (None, 10))["last_seen"] == {"N": str(NOW + 10 * MINUTE)}


def test_the_last_login_of_a_user_is_known(dynamodb: DynamoDBClient) -> None:
    users = DynamoUserStore(dynamodb, create_tables(dynamodb)[0])
    assert users.last_login("ada") is None
    users.record_login("ada", None, NOW)
    assert users.last_login("ada") == NOW


def test_a_new_unionid_is_recorded_at_once_and_stays(dynamodb: DynamoDBClient) -> None:
    profile = recorded(dynamodb, (None, 0), ("union", 1), (None, 2), (None, 12))
    assert (profile["unionid"], profile["last_seen"]) == ({"S": "union"}, {"N": str(NOW + 12 * MINUTE)})
