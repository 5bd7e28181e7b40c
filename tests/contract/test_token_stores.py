"""Every token store keeps the same promises, each on its real engine."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.dynamodb_proxy import LosesAnswers
from support.redis_server import connected_to, redis_server, shared_redis

from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.adapters.redis.tokens import RedisTokenStore
from minipush.wechat import MemoryTokenStore, Token, TokenStore
from minipush.wechat.token_store import locked


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedRedis]:
    with shared_redis() as made:
        yield made


@pytest.fixture(scope="module")
def table(dynamodb: DynamoDBClient) -> str:
    name = f"tokens-{uuid.uuid4().hex}"
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)
    return name


@pytest.fixture(
    params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator), "redis"],
)
def store(request: pytest.FixtureRequest) -> TokenStore:
    if request.param == "memory":
        return MemoryTokenStore()
    if request.param == "redis":
        return RedisTokenStore(request.getfixturevalue("shared"), MemoryTokenStore())
    return DynamoTokenStore(request.getfixturevalue("dynamodb"), request.getfixturevalue("table"))


@pytest.fixture
def name() -> str:
    return f"wx{uuid.uuid4().hex}#classic"


def test_a_name_without_a_token_has_none(store: TokenStore, name: str) -> None:
    assert store.load(name) is None


def test_a_token_is_found_as_it_was_saved(store: TokenStore, name: str) -> None:
    token = Token("61_" + "x" * 509, round(time.time() + 7200, 3))
    store.save(name, token)
    assert store.load(name) == token


def test_the_last_saved_token_counts(store: TokenStore, name: str) -> None:
    store.save(name, Token("old", time.time() + 7200))
    store.save(name, Token("new", time.time() + 7200))
    found = store.load(name)
    assert found is not None
    assert found.value == "new"


def test_names_do_not_share_tokens_or_locks(store: TokenStore, name: str) -> None:
    store.save(name, Token("mine", time.time() + 7200))
    store.acquire(name, 60)
    assert store.load("other" + name) is None
    assert store.acquire("other" + name, 60) is not None


def test_a_lock_is_anothers_until_it_is_released(store: TokenStore, name: str) -> None:
    key = store.acquire(name, 60)
    assert key is not None
    assert store.acquire(name, 60) is None
    store.release(name, key)
    assert store.acquire(name, 60) is not None


def test_a_locked_name_still_gives_and_takes_its_token(store: TokenStore, name: str) -> None:
    token = Token("t", round(time.time() + 7200, 3))
    store.acquire(name, 60)
    store.save(name, token)
    assert store.load(name) == token
    assert store.acquire(name, 60) is None


def test_a_lock_whose_holder_died_falls_open(store: TokenStore, name: str) -> None:
    assert store.acquire(name, 0.05) is not None
    assert _soon(lambda: store.acquire(name, 60) is not None)


def test_a_late_holder_does_not_release_the_next_ones_lock(store: TokenStore, name: str) -> None:
    late = store.acquire(name, 0.05)
    assert late is not None
    assert _soon(lambda: store.acquire(name, 60) is not None)
    store.release(name, late)
    assert store.acquire(name, 60) is None


def test_releasing_twice_does_nothing(store: TokenStore, name: str) -> None:
    key = store.acquire(name, 60)
    assert key is not None
    store.release(name, key)
    store.release(name, key)
    assert store.acquire(name, 60) is not None


def test_of_many_that_want_a_lock_one_gets_it(store: TokenStore, name: str) -> None:
    together = threading.Barrier(8)

    def acquire() -> str | None:
        together.wait(10)
        return store.acquire(name, 60)

    with ThreadPoolExecutor(8) as pool:
        keys = [future.result() for future in [pool.submit(acquire) for _ in range(8)]]
    assert len([key for key in keys if key]) == 1


def test_a_lock_is_released_when_its_block_fails(store: TokenStore, name: str) -> None:
    with pytest.raises(ZeroDivisionError), locked(store, name, 60):
        raise ZeroDivisionError
    with locked(store, name, 60) as mine:
        assert mine


def test_a_block_that_did_not_get_the_lock_does_not_release_it(store: TokenStore, name: str) -> None:
    store.acquire(name, 60)
    with locked(store, name, 60) as mine:
        assert not mine
    assert store.acquire(name, 60) is None


@pytest.mark.emulator
def test_dynamodb_clears_tokens_and_locks_away_after_their_end(
    dynamodb: DynamoDBClient, table: str, name: str
) -> None:
    store = DynamoTokenStore(dynamodb, table, clock=lambda: 1_000.0)
    store.save(name, Token("t", 8_200.0))
    store.acquire(name, 20)
    ttls = [
        dynamodb.get_item(TableName=table, Key={"id": {"S": key}})["Item"]["ttl"]["N"]
        for key in (f"token#{name}", f"lock#{name}")
    ]
    assert [int(ttl) for ttl in ttls] == [8_200, 1_080]


@pytest.mark.emulator
def test_a_lock_whose_answer_was_lost_is_known_by_its_holder(
    dynamodb: DynamoDBClient, table: str, name: str
) -> None:
    losing: Any = LosesAnswers(dynamodb)
    key = DynamoTokenStore(losing, table).acquire(name, 60)
    assert key is not None
    store = DynamoTokenStore(dynamodb, table)
    assert store.acquire(name, 60) is None
    store.release(name, key)
    assert store.acquire(name, 60) is not None


def test_redis_clears_tokens_away_after_their_end(shared: SharedRedis, name: str) -> None:
    RedisTokenStore(shared, MemoryTokenStore()).save(name, Token("t", time.time() + 7200))
    assert 7190 < shared.call(lambda client: client.ttl(f"minipush:token#{name}")) <= 7201


def test_a_token_is_found_by_a_worker_that_sees_no_redis(
    shared: SharedRedis, name: str, tmp_path: Path
) -> None:
    behind, token = MemoryTokenStore(), Token("t", time.time() + 7200)
    RedisTokenStore(shared, behind).save(name, token)
    gone = RedisTokenStore(connected_to(f"unix://{tmp_path / 'none'}"), behind)
    assert gone.load(name) == token
    gone.save(name, Token("next", token.expires_at))
    assert behind.load(name) == Token("next", token.expires_at)


def test_a_redis_that_comes_back_empty_does_not_hide_the_token(shared: SharedRedis, name: str) -> None:
    store, token = RedisTokenStore(shared, MemoryTokenStore()), Token("t", time.time() + 7200)
    store.save(name, token)
    shared.call(lambda client: client.flushall())
    assert store.load(name) == token


def test_a_redis_with_no_memory_left_does_not_keep_the_old_token(name: str) -> None:
    with redis_server() as server:
        full = connected_to(server.url)
        behind, end = MemoryTokenStore(), round(time.time() + 7200)
        RedisTokenStore(full, behind).save(name, Token("old", end))
        full.call(lambda client: client.config_set("maxmemory", "1"))
        RedisTokenStore(full, behind).save(name, Token("new", end + 1))
        assert connected_to(server.url).call(lambda client: client.get(f"minipush:token#{name}")) is None
        assert RedisTokenStore(connected_to(server.url), behind).load(name) == Token("new", end + 1)


def test_an_old_token_in_redis_is_given_once_and_then_the_one_behind(shared: SharedRedis, name: str) -> None:
    behind, end = MemoryTokenStore(), time.time() + 7200
    RedisTokenStore(shared, behind).save(name, Token("old", end))
    behind.save(name, Token("new", end + 1))
    store = RedisTokenStore(shared, behind)
    assert [store.load(name) for _ in range(3)] == [Token("old", end), *[Token("new", end + 1)] * 2]


def test_a_lock_is_one_for_those_who_see_redis_and_those_who_do_not(
    shared: SharedRedis, name: str, tmp_path: Path
) -> None:
    behind = MemoryTokenStore()
    seeing = RedisTokenStore(shared, behind)
    blind = RedisTokenStore(connected_to(f"unix://{tmp_path / 'none'}"), behind)
    assert seeing.acquire(name, 60)
    assert blind.acquire(name, 60) is None


def test_a_stored_token_is_in_no_log(store: TokenStore, name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        store.save(name, Token("T0KEN-_1", time.time() + 7200))
        store.load(name)
    assert "T0KEN" not in caplog.text


def _soon(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False
