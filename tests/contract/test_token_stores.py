"""Every token store keeps the same promises, each on its real engine."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from mypy_boto3_dynamodb import DynamoDBClient
from support.redis_server import running_redis

from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore
from minipush.adapters.redis.tokens import RedisTokenStore
from minipush.wechat import MemoryTokenStore, Token, TokenStore
from minipush.wechat.token_store import locked


@pytest.fixture(scope="module")
def redis_client() -> Iterator[redis.Redis]:
    with running_redis() as path, redis.Redis(unix_socket_path=path) as client:
        yield client


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
        return RedisTokenStore(request.getfixturevalue("redis_client"))
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


def test_redis_clears_tokens_and_locks_away_after_their_end(redis_client: redis.Redis, name: str) -> None:
    store = RedisTokenStore(redis_client)
    store.save(name, Token("t", time.time() + 7200))
    store.acquire(name, 20)
    assert 7190 < redis_client.ttl(f"minipush:token#{name}") <= 7201
    assert 10 < redis_client.ttl(f"minipush:lock#{name}") <= 20


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
