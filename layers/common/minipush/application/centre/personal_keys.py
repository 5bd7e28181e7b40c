"""A user makes keys to push to the own inbox, changes and ends them."""

import hashlib
from dataclasses import dataclass
from typing import Any

from minipush.application.ports.centre.personal_keys import PersonalKeyStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.bindings import new_key
from minipush.domain.centre.errors import TooManyKeysError, UnknownKeyError
from minipush.domain.centre.inbox import Level
from minipush.domain.centre.message_ids import key_ref
from minipush.domain.centre.personal_keys import PersonalKey


@dataclass(frozen=True, slots=True)
class MadeKey:
    """`text`: the key itself, which nobody can read again."""

    key: PersonalKey
    text: str


class PersonalKeys:
    """Every method raises StoreError."""

    def __init__(self, store: PersonalKeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def read_all(self, openid: str) -> list[PersonalKey]:
        """The oldest first."""
        return sorted(self._store.read_all(openid), key=lambda key: (key.made_at, key.ref))

    def make(
        self, openid: str, label: str, level: Level, expires_at: int | None, *, is_paused: bool = False
    ) -> MadeKey:
        """Raises TooManyKeysError."""
        text = new_key("k")
        key = PersonalKey(
            ref=key_ref(text),
            hash=hashlib.sha256(text.encode()).hexdigest(),
            label=label,
            level=level,
            made_at=self._clock(),
            expires_at=expires_at,
            is_paused=is_paused,
        )
        if not self._store.add(openid, key):
            raise TooManyKeysError
        return MadeKey(key, text)

    def change(self, openid: str, ref: str, changes: dict[str, Any]) -> PersonalKey:
        """`changes`: fields of PersonalKey. Raises UnknownKeyError."""
        after = self._store.change(openid, ref, changes)
        if after is None:
            raise UnknownKeyError
        return after

    def end(self, openid: str, ref: str) -> None:
        """Raises UnknownKeyError."""
        if not self._store.remove(openid, ref):
            raise UnknownKeyError
