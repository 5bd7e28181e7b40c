"""Two accounts that share a State table, or a Redis, don't see each other's state."""

import asyncio
import time
import uuid

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT, ANOTHER
from support.rates import MemoryRateReservations
from support.redis_server import shared_redis
from support.tables import create_tables
from support.token_endpoints import WeChat

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.state.rates import DynamoRateReservations
from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore
from minipush.adapters.dynamodb.state.templates import DynamoTemplates
from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore
from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
from minipush.adapters.redis.rates import RedisRateReservations
from minipush.adapters.redis.tokens import RedisTokenStore
from minipush.application.ports.rates import RateReservations
from minipush.application.ports.sweeps import Sweep
from minipush.domain.pool import PoolMeasure
from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.domain.tag_counts import TagCounts, TagMeasure
from minipush.domain.templates import SyncedTemplates
from minipush.wechat.token_store import MemoryTokenStore, TokenStore
from minipush.wechat.tokens import TokenSource

NOW = 1_800_000_000.0


@pytest.fixture
def state(dynamodb: DynamoDBClient) -> str:
    return create_tables(dynamodb)[1]


@pytest.mark.emulator
def test_of_templates(dynamodb: DynamoDBClient, state: str) -> None:
    ours, theirs = (DynamoTemplates(dynamodb, state, account) for account in (ACCOUNT, ANOTHER))
    ours.keep(SyncedTemplates(1, ()))
    assert theirs.read() is None
    theirs.keep(SyncedTemplates(2, ()))
    assert (ours.read(), theirs.read()) == (SyncedTemplates(1, ()), SyncedTemplates(2, ()))


@pytest.mark.emulator
def test_of_targets(dynamodb: DynamoDBClient, state: str) -> None:
    ours, theirs = (DynamoTargetStore(dynamodb, state, account) for account in (ACCOUNT, ANOTHER))
    ours.keep(SubscriptionTargets((Target("T1", 1),)))
    assert theirs.read() == SubscriptionTargets()
    theirs.keep(SubscriptionTargets((Target("T2", 2),)))
    assert ours.read() == SubscriptionTargets((Target("T1", 1),))


@pytest.mark.emulator
def test_of_the_sweep_and_the_pool(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    ours, theirs = (DynamoSweepStore(dynamodb, users, state, account) for account in (ACCOUNT, ANOTHER))
    assert ours.save(Sweep(PoolMeasure(1), cursor={}))
    assert theirs.resume() is None
    assert theirs.save(Sweep(PoolMeasure(2), cursor={}))
    ours.publish(Sweep(PoolMeasure(1)))
    assert (ours.pool(), theirs.pool()) == (PoolMeasure(1), None)
    assert (ours.tags(), theirs.tags()) == (TagMeasure(1, TagCounts()), None)
    resumed = ours.resume()
    assert resumed
    assert resumed.measure == PoolMeasure(1)


@pytest.mark.emulator
def test_of_a_rate(dynamodb: DynamoDBClient, state: str) -> None:
    assert_apart(
        *(DynamoRateReservations(EventLoopCalls(dynamodb), state, account) for account in (ACCOUNT, ANOTHER))
    )


def test_of_a_rate_in_redis() -> None:
    with shared_redis() as shared:
        assert_apart(
            *(
                RedisRateReservations(shared, MemoryRateReservations(), account)
                for account in (ACCOUNT, ANOTHER)
            )
        )


def assert_apart(ours: RateReservations, theirs: RateReservations) -> None:
    name = uuid.uuid4().hex
    assert asyncio.run(ours.reserve(name, 1, 10, NOW)) == NOW
    assert asyncio.run(theirs.reserve(name, 1, 10, NOW)) == NOW
    assert asyncio.run(ours.reserve(name, 1, 10, NOW)) == NOW + 10


@pytest.mark.emulator
def test_of_a_token(dynamodb: DynamoDBClient, state: str) -> None:
    assert_tokens_apart(DynamoTokenStore(dynamodb, state))


def test_of_a_token_in_redis() -> None:
    with shared_redis() as shared:
        assert_tokens_apart(RedisTokenStore(shared, MemoryTokenStore()))


def assert_tokens_apart(store: TokenStore) -> None:
    """In classic mode a worker takes the token that another one has stored, but no other account's."""
    wechat = WeChat()

    def token(appid: str) -> str:
        return TokenSource(wechat, appid, "secret", store, mode="classic", clock=time.time).current().value

    ours, theirs = token(ACCOUNT.appid), token(ANOTHER.appid)
    assert ours != theirs
    assert (token(ACCOUNT.appid), token(ANOTHER.appid)) == (ours, theirs)
