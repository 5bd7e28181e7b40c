"""The numbers of refused direct sends: in memory and in DynamoDB alike."""

from functools import partial

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.memory import MemoryRefusalCounts
from support.racing import at_once
from support.tables import create_tables

from minipush.adapters.dynamodb.state.refusals import DynamoRefusalCounts
from minipush.application.ports.refusals import RefusalCount, RefusalCounts
from minipush.errors import StoreError

NOW = 1_800_000_000_000


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def counts(request: pytest.FixtureRequest) -> RefusalCounts:
    if request.param == "memory":
        return MemoryRefusalCounts()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoRefusalCounts(client, create_tables(client)[1], ACCOUNT)


def test_where_nothing_was_refused_there_is_none(counts: RefusalCounts) -> None:
    assert counts.read(NOW) == RefusalCount(0, 0)


def test_all_processes_are_added_up(counts: RefusalCounts) -> None:
    at_once([partial(counts.add, 1, 3, NOW + n) for n in range(8)])
    assert counts.read(NOW + 9) == RefusalCount(8, 24)


@pytest.mark.parametrize(("later", "is_counted"), [(9_999, True), (10_000, True), (20_000, False)])
def test_only_the_last_seconds_count(counts: RefusalCounts, later: int, *, is_counted: bool) -> None:
    counts.add(2, 5, NOW)
    assert counts.read(NOW + later) == (RefusalCount(2, 5) if is_counted else RefusalCount())


DAY = 24 * 60 * 60 * 1000


@pytest.mark.parametrize(
    ("later", "since"),
    [(0, NOW), (1, NOW), (DAY, NOW), (DAY + 1, NOW + DAY + 1)],
    ids=["0", "1", "day", "after"],
)
def test_a_doubt_is_known_by_its_first_time_for_a_day(counts: RefusalCounts, later: int, since: int) -> None:
    assert counts.doubted_since("ada", "T1", NOW) == NOW
    assert counts.doubted_since("ada", "T1", NOW + later) == since


def test_a_doubt_is_of_one_user_and_one_template(counts: RefusalCounts) -> None:
    counts.doubted_since("ada", "T1", NOW)
    assert counts.doubted_since("bob", "T1", NOW + 1) == NOW + 1
    assert counts.doubted_since("ada", "T2", NOW + 2) == NOW + 2


@pytest.mark.emulator
def test_it_goes_by_ttl(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoRefusalCounts(dynamodb, state, ACCOUNT).add(1, 1, NOW)
    [item] = dynamodb.scan(TableName=state)["Items"]
    assert item["ttl"] == {"N": str(NOW // 1000 + 3600)}


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    counts = DynamoRefusalCounts(nowhere, "none", ACCOUNT)
    with pytest.raises(StoreError):
        counts.add(1, 1, NOW)
    with pytest.raises(StoreError):
        counts.read(NOW)
    with pytest.raises(StoreError):
        counts.doubted_since("ada", "T1", NOW)
