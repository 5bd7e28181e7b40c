"""The last refusals of the reminders' channels: in memory and in DynamoDB alike."""

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.reminders import MemoryChannelRefusals
from support.tables import create_tables

from minipush.adapters.dynamodb.state.channel_health import DynamoChannelHealth
from minipush.adapters.dynamodb.state.channel_refusals import DynamoChannelRefusals
from minipush.application.ports.centre.channel_refusals import ChannelRefusal, ChannelRefusalStore
from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError

EMAIL, SMS = ChannelKind.EMAIL, ChannelKind.SMS
FIRST, SECOND = ChannelRefusal(1, "535 authentication failed"), ChannelRefusal(2, "余额不足")


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> ChannelRefusalStore:
    if request.param == "memory":
        return MemoryChannelRefusals()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoChannelRefusals(client, create_tables(client)[1], ACCOUNT)


def test_the_last_refusal_of_a_kind_is_known(store: ChannelRefusalStore) -> None:
    assert store.read(EMAIL) is None
    store.keep(EMAIL, FIRST)
    store.keep(EMAIL, SECOND)
    assert (store.read(EMAIL), store.read(SMS)) == (SECOND, None)


@pytest.mark.emulator
def test_a_refusal_changes_nothing_of_the_breakers(dynamodb: DynamoDBClient) -> None:
    state = create_tables(dynamodb)[1]
    DynamoChannelRefusals(dynamodb, state, ACCOUNT).keep(EMAIL, FIRST)
    assert DynamoChannelHealth(dynamodb, state, ACCOUNT).read(EMAIL) == ChannelHealth()


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    with pytest.raises(StoreError):
        DynamoChannelRefusals(nowhere, "state", ACCOUNT).keep(EMAIL, FIRST)
