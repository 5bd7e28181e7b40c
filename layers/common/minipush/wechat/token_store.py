"""Access tokens and locks that workers share."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Token:
    """`expires_at` in seconds since the epoch."""

    value: str = field(repr=False)
    expires_at: float


class TokenStore(Protocol):
    """Tokens and locks by name; a token and a lock may have the same name. A stored token is a secret: never log it."""

    def load(self, name: str, /) -> Token | None: ...

    def save(self, name: str, token: Token, /) -> None: ...

    def acquire(self, name: str, seconds: float, /) -> str | None:
        """The lock's key, for `release`; None while another worker holds it. The lock expires after `seconds`."""

    def release(self, name: str, key: str, /) -> None:
        """Does nothing if the lock has expired and another worker holds it."""


@contextmanager
def locked(store: TokenStore, name: str, seconds: float) -> Iterator[bool]:
    """Tries once. False means that another worker holds the lock."""
    key = store.acquire(name, seconds)
    try:
        yield key is not None
    finally:
        if key is not None:
            store.release(name, key)


class MemoryTokenStore:
    """A store for one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, tuple[str, float]] = {}

    def load(self, name: str, /) -> Token | None:
        return self._tokens.get(name)

    def save(self, name: str, token: Token, /) -> None:
        self._tokens[name] = token

    def acquire(self, name: str, seconds: float, /) -> str | None:
        with self._guard:
            _, held_until = self._locks.get(name, ("", 0.0))
            if self._clock() < held_until:
                return None
            key = uuid.uuid4().hex
            self._locks[name] = (key, self._clock() + seconds)
            return key

    def release(self, name: str, key: str, /) -> None:
        with self._guard:
            if self._locks.get(name, ("", 0.0))[0] == key:
                del self._locks[name]
