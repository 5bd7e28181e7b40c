"""What WeChat said of texts: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryTextCheckCache
from support.tables import create_tables

from minipush.adapters.dynamodb.state.text_check_cache import DynamoTextCheckCache
from minipush.application.messages.check_text import TextCheckCache
from minipush.errors import StoreError
from minipush.wechat.text_check import Suggestion, Verdict

UNTIL = 1_800_000_000_001
RISKY = Verdict(Suggestion.RISKY, 20006, ("赌场", "b"))


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def verdicts(request: pytest.FixtureRequest) -> TextCheckCache:
    if request.param == "memory":
        return MemoryTextCheckCache()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoTextCheckCache(client, create_tables(client)[1])


@pytest.mark.parametrize(
    "verdict", [RISKY, Verdict(Suggestion.PASS, 100), Verdict(Suggestion.REVIEW), Verdict(Suggestion.PASS, 0)]
)
def test_a_verdict_is_found_as_it_was_kept(verdicts: TextCheckCache, verdict: Verdict) -> None:
    verdicts.keep("k", verdict, UNTIL)
    assert verdicts.find("k", UNTIL - 1) == verdict
    assert verdicts.find("another", UNTIL - 1) is None


def test_what_is_over_is_not_found_though_it_may_still_be_there(verdicts: TextCheckCache) -> None:
    verdicts.keep("k", RISKY, UNTIL)
    assert verdicts.find("k", UNTIL) is None


def test_a_later_verdict_takes_the_place_of_the_first(verdicts: TextCheckCache) -> None:
    verdicts.keep("k", RISKY, UNTIL)
    verdicts.keep("k", Verdict(Suggestion.PASS), UNTIL + 1)
    assert verdicts.find("k", UNTIL) == Verdict(Suggestion.PASS)


@pytest.mark.emulator
def test_a_verdict_goes_by_ttl(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoTextCheckCache(dynamodb, state).keep("k", RISKY, UNTIL)
    [item] = dynamodb.scan(TableName=state)["Items"]
    assert item["ttl"] == {"N": "1800000001"}


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    verdicts = DynamoTextCheckCache(nowhere, "none")
    with pytest.raises(StoreError):
        verdicts.find("k", 0)
    with pytest.raises(StoreError):
        verdicts.keep("k", RISKY, UNTIL)
