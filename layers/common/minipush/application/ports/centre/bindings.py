"""Who has bound which app."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.centre.bindings import Binding, BoundUser, Ticket


class BindOutcome(enum.Enum):
    BOUND = enum.auto()
    BOUND_MEANWHILE = enum.auto()  # another binding is there: it has to be read again
    TICKET_USED = enum.auto()
    TOO_MANY = enum.auto()


@dataclass(frozen=True, slots=True)
class BoundPage:
    """`following`: where the next page begins."""

    users: list[BoundUser]
    following: str | None


class BindingStore(Protocol):
    """Reads are consistent. Every method raises StoreError."""

    def read(self, openid: str, appid: str) -> Binding | None: ...

    def read_all(self, openid: str) -> list[Binding]: ...

    def find(self, appid: str, key: str) -> BoundUser | None:
        """Who has bound the app and has this key."""
        ...

    def add(self, openid: str, binding: Binding, ticket: Ticket | None) -> BindOutcome:
        """Store a first binding, and that the ticket is used, all or nothing."""
        ...

    def replace(
        self,
        openid: str,
        before: Binding,
        after: Binding,
        ticket: Ticket | None = None,
        *,
        confirms: bool = False,
    ) -> BindOutcome:
        """Change a binding, and store that the ticket is used, all or nothing. The key stays.

        The foreign openid leads to this binding afterwards if the change `confirms` it, if there is a ticket, or if
        the openid or its confirmation changes. Any other change leaves the openid to whom it leads.
        """
        ...

    def remove(self, openid: str, binding: Binding) -> None: ...

    def page(self, appid: str, start: str | None, limit: int) -> BoundPage:
        """Who has bound the app, in no order that means anything.

        A binding is confirmed here while its openid leads to it: of an app's bindings with one openid, one at most.
        """
        ...
