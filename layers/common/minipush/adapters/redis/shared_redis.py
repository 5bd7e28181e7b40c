"""The connection to the Redis that workers share, while it answers."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from minipush.adapters.redis.credentials import SecretCredentials
from minipush.adapters.redis.errors import RedisAwayError

if TYPE_CHECKING:
    from redis.credentials import CredentialProvider

logger = logging.getLogger(__name__)

AWAY_SECONDS: Final = 10.0
"""How long a Redis that failed is left alone. Each try of a host that doesn't answer costs TIMEOUT_SECONDS."""
TIMEOUT_SECONDS: Final = 1.0

type Client = Redis | RedisCluster


class SharedRedis:
    """Connects with the first call, and again after a failure. `url` may lead to a Redis, a Valkey, or a cluster.

    Each script has keys of one hash slot only, so that it runs on a cluster.
    """

    def __init__(
        self, url: str, secret: Callable[[], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._secret = secret
        self._clock = clock
        self._connecting = Lock()
        self._client: Client | None = None
        self._back_at = 0.0

    def call[R](self, command: Callable[[Any], R]) -> R:
        """The result of `command` on the client. Raises RedisAwayError, whatever fails.

        redis-py lets errors through that are none of its own, such as those of a socket that was closed meanwhile.
        """
        client = self._connected()
        try:
            return command(client)
        except Exception as error:
            self._leave(client, error)
            raise RedisAwayError(type(error).__name__) from error

    def run(self, script: str, keys: list[str], args: list[str]) -> Any:
        """The result of a Lua script. Raises RedisAwayError."""
        return self.call(lambda client: client.eval(script, len(keys), *keys, *args))

    def close(self) -> None:
        with self._connecting:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _leave(self, client: Client, error: Exception) -> None:
        """The next call connects anew, for the nodes of a cluster may be others by then.

        Other threads may wait for answers on connections of this client. Each of them fails by itself, and the client
        closes its connections when the last thread is done with it.
        """
        with self._connecting:
            if self._client is not client:
                return
            self._client = None
            self._stay_away(error)
        for pool in _pools(client):
            pool.disconnect(inuse_connections=False)

    def _stay_away(self, error: Exception) -> None:
        """The text of an error may contain addresses and commands: only its type is logged."""
        logger.warning("Redis is left alone for %.0f s: %s", AWAY_SECONDS, type(error).__name__)
        self._back_at = self._clock() + AWAY_SECONDS

    def _connected(self) -> Client:
        """Threads that waited for one that could not connect don't try in their turn."""
        with self._connecting:
            if self._clock() < self._back_at:
                raise RedisAwayError("Redis failed a moment ago")
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> Client:
        try:
            return _connect(self._url, SecretCredentials(self._secret))
        except Exception as error:
            self._stay_away(error)
            raise RedisAwayError(type(error).__name__) from error


def _pools(client: Client) -> list[ConnectionPool]:
    if isinstance(client, Redis):
        return [client.connection_pool]
    nodes = [node.redis_connection for node in client.get_nodes()]  # type: ignore[no-untyped-call]
    return [node.connection_pool for node in nodes if node is not None]


def _connect(url: str, secret: SecretCredentials) -> Client:
    provider = secret if secret.get_credentials() else None
    client = Redis.from_url(url, **_options(provider))
    try:
        if not _is_cluster(client):
            return client
    except BaseException:
        client.close()
        raise
    client.close()
    return RedisCluster.from_url(url, **_options(provider))


def _options(provider: "CredentialProvider | None") -> dict[str, Any]:
    """One more try, for a connection that the server closed while the process was frozen."""
    return {
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "socket_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 1),
        "credential_provider": provider,
        "protocol": 2,
    }


def _is_cluster(client: Redis) -> bool:
    """HELLO is a command of Redis 6 and Valkey that every user may call; INFO is not."""
    answer: list[Any] = client.execute_command("HELLO")  # type: ignore[no-untyped-call]
    fields = dict(zip(answer[::2], answer[1::2], strict=True))
    return fields.get(b"mode") == b"cluster"
