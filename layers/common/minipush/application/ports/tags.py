"""The tags of many users at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TagChange:
    """`before`: the user's tags as they were read; None: nothing is stored of the user but permits."""

    openid: str
    before: frozenset[str] | None
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class ListedUsers:
    """A part of the users. `last`: the openid up to which users were read, None at the end of all users."""

    openids: tuple[str, ...]
    last: str | None


class TagStore(Protocol):
    """Every method raises StoreError."""

    def read(self, openids: Sequence[str]) -> dict[str, frozenset[str]]:
        """The tags of those users of whom more is stored than permits. Sees every earlier write."""
        ...

    def replace(self, changes: Sequence[TagChange]) -> list[bool]:
        """Store each user's tags. False for a user whose tags are no longer as before."""
        ...

    def list_users(self, tag: str | None, after: str | None) -> ListedUsers:
        """Those who bear the tag; all of whom anything is stored, for None. Read a page of the users, in the store's own order, from behind the user `after`."""
        ...
