"""The connection to Redis: plain, in a cluster, over TLS, with a password, and while there is none."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from queue import Queue
from threading import Event
from typing import Any

import pytest
import redis
from support.accounts import ACCOUNT
from support.rates import MemoryRateReservations
from support.redis_server import RedisServer, connected_to, redis_cluster, redis_server
from support.reminders import MemoryChannelHealth
from support.tls_proxy import tls_in_front_of

from local.stack.emulator import free_port
from minipush.adapters.redis.channel_health import RedisChannelHealth
from minipush.adapters.redis.errors import RedisAwayError
from minipush.adapters.redis.rates import RedisRateReservations
from minipush.adapters.redis.shared_redis import AWAY_SECONDS, TIMEOUT_SECONDS, SharedRedis
from minipush.adapters.redis.tokens import RedisTokenStore
from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError
from minipush.wechat.token_store import MemoryTokenStore, Token

NOW = 4_000_000_000.0

type Url = Callable[[Path], AbstractContextManager[str]]


@contextmanager
def alone(_: Path) -> Iterator[str]:
    port = free_port()
    with redis_server("--port", str(port), "--bind", "127.0.0.1"):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def alone_with_tls(folder: Path) -> Iterator[str]:
    port, at = free_port(), free_port()
    with (
        redis_server("--port", str(port), "--bind", "127.0.0.1"),
        tls_in_front_of(port, at, folder) as ca,
    ):
        yield f"rediss://127.0.0.1:{at}?ssl_ca_certs={ca}"


@contextmanager
def cluster(_: Path) -> Iterator[str]:
    with redis_cluster() as port:
        yield f"redis://127.0.0.1:{port}"


@contextmanager
def cluster_with_tls(folder: Path) -> Iterator[str]:
    at = free_port()
    with redis_cluster(announced=at) as port, tls_in_front_of(port, at, folder) as ca:
        yield f"rediss://127.0.0.1:{at}?ssl_ca_certs={ca}"


@pytest.mark.parametrize("url", [alone, alone_with_tls, cluster, cluster_with_tls])
def test_everything_that_workers_share_is_there(url: Url, tmp_path: Path) -> None:
    with url(tmp_path) as address:
        shared = connected_to(address)
        _use(shared)
        shared.close()


def _use(shared: SharedRedis) -> None:
    """The stores behind stay empty after the first write, so what is read comes from Redis."""
    behind = MemoryTokenStore()
    token = Token("t", NOW)
    RedisTokenStore(shared, behind).save("wx1#classic", token)
    assert RedisTokenStore(shared, MemoryTokenStore()).load("wx1#classic") == token
    window = MemoryRateReservations()
    rates = RedisRateReservations(shared, window, ACCOUNT)
    starts = [asyncio.run(rates.reserve("account", 100, 10, NOW)) for _ in range(3)]
    assert starts == [pytest.approx(NOW + n / 10, abs=2e-6, rel=0) for n in range(3)]
    assert window.due_at == {"account": NOW + 1}
    health = RedisChannelHealth(shared, MemoryChannelHealth(), ACCOUNT)
    assert health.save(ChannelKind.BARK, ChannelHealth(), ChannelHealth(is_paused=True))
    assert health.read(ChannelKind.BARK).is_paused


def test_a_server_whose_certificate_nobody_trusts_is_not_used(tmp_path: Path) -> None:
    port, at = free_port(), free_port()
    with redis_server("--port", str(port)), tls_in_front_of(port, at, tmp_path):
        shared = connected_to(f"rediss://127.0.0.1:{at}")
        with pytest.raises(RedisAwayError):
            shared.call(lambda client: client.ping())


@pytest.mark.parametrize("url", [alone, cluster])
def test_a_password_and_a_user_come_from_the_secret(url: Url, tmp_path: Path) -> None:
    with url(tmp_path) as address:
        with redis.Redis.from_url(address) as admin:
            admin.execute_command("ACL SETUSER minipush on >first ~minipush:* +@all -@dangerous +cluster")
            admin.config_set("requirepass", "another")
        secret = {"username": "minipush", "password": "wrong"}
        refused = SharedRedis(address, lambda: secret)
        with pytest.raises(RedisAwayError):
            refused.call(lambda client: client.get("minipush:any"))
        taken = SharedRedis(address, lambda: secret | {"password": "first"})
        _use(taken)
        taken.close()


def test_a_secret_that_cannot_be_read_is_as_a_redis_that_is_away() -> None:
    def fail() -> None:
        raise StoreError("a secret can't be read")

    with redis_server() as server, pytest.raises(RedisAwayError):
        SharedRedis(server.url, fail).call(lambda client: client.ping())


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as made:
        yield made


def test_a_redis_that_died_is_left_alone_and_used_again_after_ten_seconds(server: RedisServer) -> None:
    now = [1000.0]
    shared = SharedRedis(server.url, dict, clock=lambda: now[0])
    shared.call(lambda client: client.ping())
    server.kill()
    with pytest.raises(RedisAwayError, match="ConnectionError"):
        shared.call(lambda client: client.ping())
    server.start()
    with pytest.raises(RedisAwayError, match="a moment ago"):
        shared.call(lambda client: client.ping())
    now[0] += AWAY_SECONDS
    assert shared.call(lambda client: client.ping())
    shared.close()


def test_a_thread_that_leaves_redis_closes_no_connection_that_another_one_reads_from(
    server: RedisServer,
) -> None:
    shared = connected_to(server.url)
    shared.call(lambda client: client.ping())
    asked, errors = Event(), Queue[str]()

    def first(client: redis.Redis) -> None:
        asked.set()
        client.ping()

    with server.stopped(), ThreadPoolExecutor(2) as pool:
        pool.submit(_call, shared, first, errors)
        asked.wait(10)
        Event().wait(TIMEOUT_SECONDS / 2)
        pool.submit(_call, shared, lambda client: client.ping(), errors)
    assert [errors.get_nowait() for _ in range(2)] == ["TimeoutError", "TimeoutError"]
    shared.close()


def _call(shared: SharedRedis, command: Callable[[Any], object], errors: Queue[str]) -> None:
    try:
        shared.call(command)
    except RedisAwayError as error:
        errors.put(str(error))


def test_a_cluster_that_is_left_keeps_the_connections_in_use(tmp_path: Path) -> None:
    with cluster(tmp_path) as address:
        shared = connected_to(address)
        [node] = shared.call(lambda client: client.get_nodes())
        pool = node.redis_connection.connection_pool
        used, idle = pool.get_connection(), pool.get_connection()
        pool.release(idle)
        with pytest.raises(RedisAwayError, match="ResponseError"):
            shared.call(lambda client: client.eval("no Lua", 0))
        assert [connection._sock is None for connection in (used, idle)] == [False, True]


@pytest.mark.parametrize("error", [ValueError("I/O operation on closed file"), AttributeError("recv")])
def test_an_error_that_is_none_of_the_clients_own_is_as_a_redis_that_is_away(
    server: RedisServer, error: Exception
) -> None:
    def fail(_: redis.Redis) -> None:
        raise error

    shared = connected_to(server.url)
    with pytest.raises(RedisAwayError, match=type(error).__name__):
        shared.call(fail)
    with pytest.raises(RedisAwayError, match="a moment ago"):
        shared.call(lambda client: client.ping())


def test_a_log_says_that_redis_is_away_and_not_where_it_is(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.kill()
    with pytest.raises(RedisAwayError):
        connected_to(server.url, "from the secret").call(lambda client: client.ping())
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("minipush")]
    assert line == "Redis is left alone for 10 s: ConnectionError"
    server.start()
