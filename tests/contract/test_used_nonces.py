"""The nonces of plain pushes: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryUsedNonces
from support.tables import create_tables

from minipush.adapters.dynamodb.state.used_nonces import DynamoUsedNonces
from minipush.application.ports.events import UsedNonces
from minipush.errors import StoreError

UNTIL = 1_800_000_000_001


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def nonces(request: pytest.FixtureRequest) -> UsedNonces:
    if request.param == "memory":
        return MemoryUsedNonces()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoUsedNonces(client, create_tables(client)[1])


def test_a_nonce_comes_with_one_body_however_often(nonces: UsedNonces) -> None:
    assert [nonces.take("1/n", body, UNTIL) for body in (b"a", b"a", b"b")] == [True, True, False]
    assert nonces.take("2/n", b"b", UNTIL)


@pytest.mark.emulator
def test_a_nonce_goes_by_ttl_and_its_body_is_not_kept(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoUsedNonces(dynamodb, state).take("1/n", b"anna", UNTIL)
    [item] = dynamodb.scan(TableName=state)["Items"]
    assert "anna" not in repr(item)
    assert item["ttl"] == {"N": "1800000001"}


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    with pytest.raises(StoreError):
        DynamoUsedNonces(nowhere, "none").take("1/n", b"a", UNTIL)
