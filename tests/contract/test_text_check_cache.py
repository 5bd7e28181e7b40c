"""Results of text checks: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryTextCheckCache
from support.tables import create_tables

from minipush.adapters.dynamodb.state.text_check_cache import DynamoTextCheckCache
from minipush.application.ports.text_checks import TextCheckCache
from minipush.domain.text_checks import TextCheckResult, TextRating
from minipush.errors import StoreError

UNTIL = 1_800_000_000_001
RISKY = TextCheckResult(TextRating.RISKY, "crime", ("赌场", "b"))


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def cache(request: pytest.FixtureRequest) -> TextCheckCache:
    if request.param == "memory":
        return MemoryTextCheckCache()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoTextCheckCache(client, create_tables(client)[1])


@pytest.mark.parametrize(
    "result",
    [
        RISKY,
        TextCheckResult(TextRating.PASS, "normal"),
        TextCheckResult(TextRating.REVIEW),
        TextCheckResult(TextRating.PASS, "label 0"),
    ],
)
def test_a_verdict_is_found_as_it_was_kept(cache: TextCheckCache, result: TextCheckResult) -> None:
    cache.keep("k", result, UNTIL)
    assert cache.find("k", UNTIL - 1) == result
    assert cache.find("another", UNTIL - 1) is None


def test_what_is_over_is_not_found_though_it_may_still_be_there(cache: TextCheckCache) -> None:
    cache.keep("k", RISKY, UNTIL)
    assert cache.find("k", UNTIL) is None


def test_a_later_verdict_takes_the_place_of_the_first(cache: TextCheckCache) -> None:
    cache.keep("k", RISKY, UNTIL)
    cache.keep("k", TextCheckResult(TextRating.PASS), UNTIL + 1)
    assert cache.find("k", UNTIL) == TextCheckResult(TextRating.PASS)


@pytest.mark.emulator
def test_a_verdict_goes_by_ttl(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoTextCheckCache(dynamodb, state).keep("k", RISKY, UNTIL)
    [item] = dynamodb.scan(TableName=state)["Items"]
    assert item["ttl"] == {"N": "1800000001"}


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    cache = DynamoTextCheckCache(nowhere, "none")
    with pytest.raises(StoreError):
        cache.find("k", 0)
    with pytest.raises(StoreError):
        cache.keep("k", RISKY, UNTIL)
