"""The users' personal keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipush.domain.centre.personal_keys import PersonalKey


class PersonalKeyStore(Protocol):
    """Keys are stored as hashes. Every method raises StoreError."""

    def read_all(self, openid: str) -> list[PersonalKey]: ...

    def add(self, openid: str, key: PersonalKey) -> bool:
        """False if the user has as many as a user may have."""
        ...

    def change(self, openid: str, ref: str, changes: Mapping[str, Any]) -> PersonalKey | None:
        """Set the given fields of the user's key, and keep the others as they are at that moment.

        The fields are `label`, `level`, `expires_at` and `is_paused`. None if the user has no such key.
        """
        ...

    def remove(self, openid: str, ref: str) -> bool:
        """False if the user has no such key."""
        ...
