"""One access_token for many threads and many workers."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Literal, Protocol

from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import (
    ConnectError,
    RefusedError,
    TokenAwaitedError,
    TokenUnavailableError,
)
from minipush.wechat.token_calls import TokenCalls
from minipush.wechat.token_store import MemoryTokenStore, Token, TokenStore, locked
from minipush.wechat.transport import Transport

__all__ = ["MemoryTokenStore", "Token", "TokenSource", "TokenStore"]

MARGIN: Final = 60.0
"""How many seconds before its end a token is renewed. WeChat accepts the old and the new one for 5 minutes."""
FORCE_INTERVAL: Final = 30.0
"""Seconds. WeChat doesn't renew a token that is forced sooner after the last one."""
LOCK_SECONDS: Final = 20.0
"""Longer than the call that the lock guards."""
PATIENCE: Final = FORCE_INTERVAL + 2
"""Seconds. Longer than any lock lasts: a worker that died with one holds the others up no longer."""
SHORT_PATIENCE: Final = 5.0
"""Seconds, where a client waits for the result."""
FIRST_PAUSE: Final = 0.25
"""Seconds between two looks for a token that another worker is fetching. Pauses double."""
LONGEST_PAUSE: Final = 1.0

type Sleep = Callable[[float], None]


class TokenSource:
    """`secret` may be a callable, called before each request for a token and not earlier.

    "stable": WeChat gives all workers the same token; `store` keeps two from forcing a new one at once.
    "classic": every request creates a new token and invalidates the last, so workers must share `store`.
    """

    def __init__(
        self,
        transport: Transport,
        appid: str,
        secret: str | Callable[[], str],
        store: TokenStore,
        *,
        clock: Callable[[], float] = time.time,
        mode: Literal["stable", "classic"] = "stable",
        sleep: Sleep = time.sleep,
    ) -> None:
        calls = TokenCalls(transport, appid, secret, clock)
        self._shared: _Shared = _Stable(calls, store) if mode == "stable" else _Classic(calls, store, clock)
        self._clock = clock
        self._sleep = sleep
        self._flights = _SingleFlight()
        self._held: tuple[Token, float] | None = None

    def fresh(self) -> Token | None:
        """The cached token, or None if it needs renewal. Never waits."""
        held = self._held
        return held[0] if held and self._clock() < held[1] else None

    def current(self, patience: float = PATIENCE) -> Token:
        """Wait up to `patience` seconds while another worker is fetching one, and for calls to WeChat.

        Raises `WeChatError`, whose reaction says whether to back off or to pause.
        """
        return self.fresh() or self._flights.run("", lambda: self.fresh() or self._renew(None, patience))

    def check(self) -> Token:
        """As `current`, but a stable token is asked for now, to see whether WeChat gives it."""
        return self._flights.run("check", lambda: self._renew(None, SHORT_PATIENCE))

    def replace(self, rejected: Token, patience: float = PATIENCE) -> Token:
        """After WeChat refused `rejected` (40001, 40014, 41001, 42001). Waits and raises as `current`."""
        return self._other_than(rejected) or self._flights.run(
            rejected.value, lambda: self._other_than(rejected) or self._renew(rejected, patience)
        )

    def call_with_token[R](self, call: Callable[[Token], R]) -> R:
        """The result of `call`. If WeChat refuses the token, `call` is repeated once with another one.

        Raises what `current` and `call` raise.
        """
        token = self.current(SHORT_PATIENCE)
        try:
            return call(token)
        except RefusedError as error:
            if error.reaction is not Reaction.REFRESH_TOKEN:
                raise
        return call(self.replace(token, SHORT_PATIENCE))

    def _other_than(self, rejected: Token) -> Token | None:
        token = self.fresh()
        return token if token and token.value != rejected.value else None

    def _renew(self, rejected: Token | None, patience: float) -> Token:
        token = self._awaited(rejected, patience)
        now = self._clock()
        # half of a short lifetime: otherwise a token that ends within the margin would be renewed at every send
        self._held = (token, token.expires_at - min(MARGIN, (token.expires_at - now) / 2))
        return token

    def _awaited(self, rejected: Token | None, patience: float) -> Token:
        until, pause = self._clock() + patience, FIRST_PAUSE
        while not (token := self._shared.look(rejected)):
            if self._clock() >= until:
                raise TokenAwaitedError("the token that another worker is fetching has not come yet")
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return token


class _Shared(Protocol):
    def look(self, rejected: Token | None, /) -> Token | None:
        """A token other than `rejected`. None while another worker is fetching it."""


class _Stable:
    def __init__(self, calls: TokenCalls, store: TokenStore) -> None:
        self._calls = calls
        self._store = store
        self._lock = f"{calls.appid}#force"

    def look(self, rejected: Token | None, /) -> Token | None:
        token = self._calls.stable()
        if rejected is None or token.value != rejected.value:
            return token
        key = self._store.acquire(self._lock, FORCE_INTERVAL)
        return self._forced(rejected, key) if key else None

    def _forced(self, rejected: Token, key: str) -> Token:
        """The lock stays once the call may have reached WeChat: the interval may have begun."""
        try:
            token = self._calls.stable(force=True)
        except ConnectError:
            self._store.release(self._lock, key)
            raise
        if token.value == rejected.value:
            raise TokenUnavailableError("WeChat refuses the token that it gives, and gives no other")
        return token


class _Classic:
    def __init__(self, calls: TokenCalls, store: TokenStore, clock: Callable[[], float]) -> None:
        self._calls = calls
        self._store = store
        self._clock = clock
        self._name = f"{calls.appid}#classic"

    def look(self, rejected: Token | None, /) -> Token | None:
        return self._stored(rejected) or self._fetched(rejected)

    def _stored(self, rejected: Token | None) -> Token | None:
        token = self._store.load(self._name)
        if token is None or (rejected and token.value == rejected.value):
            return None
        return token if self._clock() < token.expires_at - MARGIN else None

    def _fetched(self, rejected: Token | None) -> Token | None:
        with locked(self._store, self._name, LOCK_SECONDS) as mine:
            if not mine:
                return None
            # another worker may have fetched one between our poll and our lock
            if token := self._stored(rejected):
                return token
            token = self._calls.classic()
            self._store.save(self._name, token)
            return token


class _SingleFlight:
    """Callers that arrive during a renewal share its result or its error."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._flights: dict[str, Future[Token]] = {}

    def run(self, key: str, renew: Callable[[], Token]) -> Token:
        with self._guard:
            under_way = self._flights.get(key)
            flight = self._flights.setdefault(key, Future())
        if under_way is None:
            self._lead(key, flight, renew)
        return flight.result()

    def _lead(self, key: str, flight: Future[Token], renew: Callable[[], Token]) -> None:
        try:
            flight.set_result(renew())
        except BaseException as error:  # noqa: BLE001  # passed to all callers, and raised by result()
            flight.set_exception(error)
        finally:
            with self._guard:
                del self._flights[key]
