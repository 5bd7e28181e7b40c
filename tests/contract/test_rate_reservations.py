"""Turns at a rate that workers share: the same in memory, in DynamoDB and in Redis."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.rates import MemoryRateReservations
from support.redis_server import connected_to, shared_redis
from support.statements import watch
from support.tables import create_tables

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.state.keys import rate_key
from minipush.adapters.dynamodb.state.rates import TRIES, DynamoRateReservations
from minipush.adapters.redis import keys as redis_keys
from minipush.adapters.redis.rates import RedisRateReservations
from minipush.adapters.redis.shared_redis import SharedRedis
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.reserved_slots import LATE
from minipush.application.ports.rates import RateReservations
from minipush.curl import CurlAnswer
from minipush.errors import StoreError

NOW = 1_800_000_000.123456
UNMET = b'{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}'


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedRedis]:
    with shared_redis() as made:
        yield made


@pytest.fixture(scope="module")
def table(dynamodb: DynamoDBClient) -> str:
    return create_tables(dynamodb)[1]


@pytest.fixture(params=["memory", pytest.param("dynamodb", marks=pytest.mark.emulator), "redis"])
def rates(request: pytest.FixtureRequest) -> RateReservations:
    if request.param == "memory":
        return MemoryRateReservations()
    if request.param == "redis":
        return RedisRateReservations(request.getfixturevalue("shared"), MemoryRateReservations(), ACCOUNT)
    client, table = request.getfixturevalue("dynamodb"), request.getfixturevalue("table")
    return DynamoRateReservations(EventLoopCalls(client), table, ACCOUNT)


type MakeRates = Callable[[], RateReservations]


@pytest.fixture(params=[pytest.param("dynamodb", marks=pytest.mark.emulator), "redis"])
def rates_of_a_worker(request: pytest.FixtureRequest) -> MakeRates:
    """All share what is reserved. Each worker makes its own, as a process does."""
    if request.param == "redis":
        shared, behind = request.getfixturevalue("shared"), MemoryRateReservations()
        return lambda: RedisRateReservations(shared, behind, ACCOUNT)
    dynamodb, table = request.getfixturevalue("dynamodb"), request.getfixturevalue("table")
    return lambda: DynamoRateReservations(EventLoopCalls(dynamodb), table, ACCOUNT)


@pytest.fixture
def name() -> str:
    return f"campaign#{uuid.uuid4().hex}"


def reserve(rates: RateReservations, name: str, slots: int, now: float, per_second: float = 100) -> float:
    return asyncio.run(rates.reserve(name, per_second, slots, now))


def to_the_microsecond(seconds: float) -> object:
    return pytest.approx(seconds, abs=2e-6, rel=0)


def test_the_first_turn_is_due_now(rates: RateReservations, name: str) -> None:
    assert reserve(rates, name, 25, NOW) == to_the_microsecond(NOW)


def test_the_next_turns_begin_where_those_taken_end(rates: RateReservations, name: str) -> None:
    starts = [reserve(rates, name, slots, NOW) for slots in (25, 1, 7)]
    assert starts == [to_the_microsecond(NOW + after) for after in (0, 0.25, 0.26)]


def test_a_worker_whose_clock_is_behind_gets_no_turn_twice(rates: RateReservations, name: str) -> None:
    reserve(rates, name, 25, NOW)
    assert reserve(rates, name, 25, NOW - 3) == to_the_microsecond(NOW + 0.25)


def test_turns_that_nobody_took_are_lost(rates: RateReservations, name: str) -> None:
    reserve(rates, name, 25, NOW)
    assert reserve(rates, name, 25, NOW + 60) == to_the_microsecond(NOW + 60)


def test_a_turn_that_is_due_this_very_moment_is_still_to_be_had(rates: RateReservations, name: str) -> None:
    reserve(rates, name, 25, NOW)
    assert reserve(rates, name, 25, NOW + 0.25) == to_the_microsecond(NOW + 0.25)


def test_rates_of_other_names_have_turns_of_their_own(rates: RateReservations, name: str) -> None:
    reserve(rates, name, 25, NOW)
    assert reserve(rates, "other-" + name, 25, NOW) == to_the_microsecond(NOW)


def test_a_changed_rate_holds_from_the_next_lease_on(rates: RateReservations, name: str) -> None:
    reserve(rates, name, 25, NOW, per_second=100)
    reserve(rates, name, 25, NOW, per_second=50)
    assert reserve(rates, name, 1, NOW) == to_the_microsecond(NOW + 0.25 + 0.5)


def test_small_turns_add_up_to_the_microsecond(rates: RateReservations, name: str) -> None:
    starts = [reserve(rates, name, 1, NOW, per_second=3000) for _ in range(30)]
    assert starts[-1] == pytest.approx(NOW + 29 / 3000, abs=20e-6, rel=0)


@pytest.mark.parametrize("rested", [False, True])
def test_many_that_ask_at_once_all_get_other_turns(
    rates: RateReservations, name: str, *, rested: bool
) -> None:
    if rested:
        reserve(rates, name, 25, NOW - 60)

    async def race() -> list[float]:
        return await asyncio.gather(*(rates.reserve(name, 100, 10, NOW) for _ in range(16)))

    assert sorted(asyncio.run(race())) == [to_the_microsecond(NOW + n / 10) for n in range(16)]


def test_three_workers_together_keep_to_the_rate_and_use_it(rates_of_a_worker: MakeRates, name: str) -> None:
    workers, rate, seconds = 3, 200, 5.0
    until = time.time() + seconds + 1.0

    async def work() -> list[float]:
        pace, sent = RateLimiter(rates_of_a_worker(), [(name, rate)]), []

        async def send() -> None:
            while await pace.acquire(lambda: time.time() > until):
                sent.append(time.time())
                await asyncio.sleep(0.02)

        await asyncio.gather(*(send() for _ in range(50)))
        return sent

    with ThreadPoolExecutor(workers) as pool:
        done = [future.result() for future in [pool.submit(asyncio.run, work()) for _ in range(workers)]]
    assert all(done)
    first = min(map(min, done))
    count = sum(at < first + seconds for sent in done for at in sent)
    assert 0.8 * rate * seconds <= count <= 1 + rate * (seconds + LATE)


# ---- failures, and what is left behind


@pytest.mark.emulator
def test_a_missing_table_is_a_store_error(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(StoreError):
        reserve(DynamoRateReservations(EventLoopCalls(dynamodb), "no-such-table", ACCOUNT), "any", 1, NOW)


def test_an_unreachable_table_is_a_store_error() -> None:
    with pytest.raises(StoreError):
        reserve(DynamoRateReservations(EventLoopCalls(unreachable()), "any", ACCOUNT), "any", 1, NOW)


def test_without_redis_the_table_reserves(tmp_path: Path) -> None:
    behind = MemoryRateReservations()
    gone = RedisRateReservations(connected_to(f"unix://{tmp_path / 'none'}"), behind, ACCOUNT)
    assert [reserve(gone, "any", 25, NOW) for _ in range(2)] == [NOW, NOW + 0.25]
    assert behind.due_at == {"any": NOW + 0.5}


def test_without_both_it_is_a_store_error(tmp_path: Path) -> None:
    behind = DynamoRateReservations(EventLoopCalls(unreachable()), "any", ACCOUNT)
    gone = RedisRateReservations(connected_to(f"unix://{tmp_path / 'none'}"), behind, ACCOUNT)
    with pytest.raises(StoreError):
        reserve(gone, "any", 1, NOW)


def test_who_sees_redis_and_who_does_not_get_other_turns(
    shared: SharedRedis, name: str, tmp_path: Path
) -> None:
    behind = MemoryRateReservations()
    seeing = RedisRateReservations(shared, behind, ACCOUNT)
    blind = RedisRateReservations(connected_to(f"unix://{tmp_path / 'none'}"), behind, ACCOUNT)
    starts = sorted(reserve(rates, name, 10, NOW) for _ in range(30) for rates in (seeing, blind))
    assert all(later - earlier >= 0.1 - 4e-6 for earlier, later in pairwise(starts))


def test_a_redis_that_comes_back_empty_gives_no_turn_again(shared: SharedRedis, name: str) -> None:
    rates = RedisRateReservations(shared, MemoryRateReservations(), ACCOUNT)
    before = [reserve(rates, name, 10, NOW) for _ in range(7)]
    shared.call(lambda client: client.flushall())
    assert reserve(rates, name, 10, NOW) >= max(before) + 0.1 - 4e-6


def test_a_worker_that_dies_while_it_refills_keeps_the_others_waiting_for_a_second_at_most(
    shared: SharedRedis, name: str
) -> None:
    shared.call(lambda client: client.set(redis_keys.refill_key(ACCOUNT, name), "1", px=1000))
    rates = RedisRateReservations(shared, MemoryRateReservations(), ACCOUNT)
    assert reserve(rates, name, 10, NOW) == to_the_microsecond(NOW)


class AlwaysUnmet(EventLoopCalls):
    """DynamoDB answers that the condition of each write doesn't hold."""

    def __init__(self, client: DynamoDBClient) -> None:
        super().__init__(client)
        self.made: list[str] = []

    async def exchange(self, operation: str, body: bytes) -> CurlAnswer:
        self.made.append(operation)
        return CurlAnswer(0, was_sent=True, status=400, body=UNMET)


def test_who_loses_every_race_gives_up() -> None:
    calls = AlwaysUnmet(unreachable())
    with pytest.raises(StoreError, match="by others"):
        reserve(DynamoRateReservations(calls, "any", ACCOUNT), "any", 1, NOW)
    assert calls.made == ["UpdateItem"] * 2 * TRIES


@pytest.mark.emulator
def test_a_lease_behind_others_is_one_write(
    dynamodb: DynamoDBClient, table: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates, calls = DynamoRateReservations(EventLoopCalls(dynamodb), table, ACCOUNT), []
    reserve(rates, name, 25, NOW)
    watch(monkeypatch, lambda operation, _: calls.append(operation))
    reserve(rates, name, 25, NOW)
    assert calls == ["UpdateItem"]


@pytest.mark.emulator
def test_dynamodb_clears_a_rate_away_after_its_last_turn(
    dynamodb: DynamoDBClient, table: str, name: str
) -> None:
    rates = DynamoRateReservations(EventLoopCalls(dynamodb), table, ACCOUNT)
    for _ in range(2):
        reserve(rates, name, 25, NOW)
    item = dynamodb.get_item(TableName=table, Key={"id": {"S": rate_key(ACCOUNT, name)}})["Item"]
    assert float(item["due_at"]["N"]) + 3500 < int(item["ttl"]["N"]) < float(item["due_at"]["N"]) + 3700


def test_redis_clears_a_rate_away_after_its_last_turn(shared: SharedRedis, name: str) -> None:
    rates = RedisRateReservations(shared, MemoryRateReservations(), ACCOUNT)
    for _ in range(2):
        reserve(rates, name, 10_000, NOW)
    ttl = shared.call(lambda client: client.ttl(redis_keys.rate_key(ACCOUNT, name)))
    assert 3780 < ttl <= 3901


def unreachable() -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
