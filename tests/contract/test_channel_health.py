"""What workers share of the channels: the same in memory, in DynamoDB and in Redis."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.redis_server import connected_to, shared_redis
from support.reminders import MemoryChannelHealth
from support.tables import create_tables

from minipush.adapters.dynamodb.state.channel_health import DynamoChannelHealth
from minipush.adapters.redis.channel_health import RedisChannelHealth
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.application.centre.circuit_breakers import pause_channel
from minipush.application.ports.centre.channel_health import ChannelHealthStore
from minipush.domain.centre.breakers import Breaker, ChannelHealth, TryCounts
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError

BARK = ChannelKind.BARK
NOW = 1_800_000_000_000
OPEN = ChannelHealth().with_breaker("api.day.app", Breaker().noted(TryCounts(30, 30), NOW).with_probe(NOW))
BUSY = ChannelHealth({"b": Breaker().noted(TryCounts(3, 1), NOW), "a": Breaker()}, is_paused=True)


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedRedis]:
    with shared_redis() as made:
        yield made


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator), "redis"])
def store(request: pytest.FixtureRequest) -> ChannelHealthStore:
    if request.param == "memory":
        return MemoryChannelHealth()
    if request.param == "redis":
        shared: SharedRedis = request.getfixturevalue("shared")
        shared.call(lambda client: client.flushall())
        return RedisChannelHealth(shared, MemoryChannelHealth(), ACCOUNT)
    dynamodb: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoChannelHealth(dynamodb, create_tables(dynamodb)[1], ACCOUNT)


def test_a_channel_of_which_nobody_said_anything_is_well(store: ChannelHealthStore) -> None:
    assert store.read(BARK) == ChannelHealth()


@pytest.mark.parametrize("health", [OPEN, BUSY])
def test_what_is_saved_is_read_for_this_kind_alone(store: ChannelHealthStore, health: ChannelHealth) -> None:
    assert store.save(BARK, ChannelHealth(), health)
    assert (store.read(BARK), store.read(ChannelKind.SMS)) == (health, ChannelHealth())


def test_a_state_that_another_has_changed_is_not_overwritten(store: ChannelHealthStore) -> None:
    store.save(BARK, ChannelHealth(), BUSY)
    assert not store.save(BARK, ChannelHealth(), OPEN)
    assert store.save(BARK, store.read(BARK), OPEN)
    assert store.read(BARK) == OPEN


def test_of_many_at_once_one_is_first(store: ChannelHealthStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: store.save(BARK, ChannelHealth(), OPEN), range(8)))
    assert won.count(True) == 1


def test_an_operator_s_pause_is_taken_back(store: ChannelHealthStore) -> None:
    assert pause_channel(store, BARK, is_paused=True).is_paused
    assert not pause_channel(store, BARK, is_paused=False).is_paused
    assert store.read(BARK) == ChannelHealth()


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    with pytest.raises(StoreError):
        DynamoChannelHealth(nowhere, "state", ACCOUNT).read(BARK)


def test_without_redis_the_table_counts(tmp_path: Path) -> None:
    behind = MemoryChannelHealth()
    gone = RedisChannelHealth(connected_to(f"unix://{tmp_path / 'none'}"), behind, ACCOUNT)
    assert gone.save(BARK, ChannelHealth(), OPEN)
    assert gone.read(BARK) == behind.read(BARK) == OPEN


def test_an_operator_s_pause_outlives_a_redis_that_comes_back_empty(shared: SharedRedis) -> None:
    store = RedisChannelHealth(shared, MemoryChannelHealth(), ACCOUNT)
    pause_channel(store, BARK, is_paused=True)
    shared.call(lambda client: client.flushall())
    assert store.read(BARK).is_paused


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_change_of_the_pause_while_redis_is_away_counts_when_it_is_back(
    shared: SharedRedis, tmp_path: Path, *, is_paused: bool
) -> None:
    shared.call(lambda client: client.flushall())
    behind = MemoryChannelHealth()
    seeing = RedisChannelHealth(shared, behind, ACCOUNT)
    pause_channel(seeing, BARK, is_paused=not is_paused)
    seeing.save(BARK, seeing.read(BARK), replace(OPEN, is_paused=not is_paused))
    gone = RedisChannelHealth(connected_to(f"unix://{tmp_path / 'none'}"), behind, ACCOUNT)
    pause_channel(gone, BARK, is_paused=is_paused)
    assert seeing.read(BARK) == replace(OPEN, is_paused=is_paused)
    assert seeing.save(BARK, seeing.read(BARK), ChannelHealth(is_paused=is_paused))


@pytest.mark.emulator
def test_a_pause_that_the_table_does_not_take_is_a_store_error(
    shared: SharedRedis, nowhere: DynamoDBClient
) -> None:
    shared.call(lambda client: client.flushall())
    store = RedisChannelHealth(shared, DynamoChannelHealth(nowhere, "state", ACCOUNT), ACCOUNT)
    with pytest.raises(StoreError):
        store.save(BARK, ChannelHealth(), ChannelHealth(is_paused=True))


def test_a_pause_that_others_keep_changing_is_a_store_error(shared: SharedRedis) -> None:
    class Contended(MemoryChannelHealth):
        def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
            return False

    shared.call(lambda client: client.flushall())
    with pytest.raises(StoreError):
        pause_channel(RedisChannelHealth(shared, Contended(), ACCOUNT), BARK, is_paused=True)
