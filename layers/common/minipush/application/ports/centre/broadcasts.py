"""The texts of broadcasts, and who gets them."""

from collections.abc import Sequence
from typing import Protocol

from minipush.domain.centre.bindings import BoundUser
from minipush.domain.centre.broadcasts import Broadcast


class BroadcastStore(Protocol):
    """Every method raises StoreError."""

    def add(self, broadcast: Broadcast) -> None:
        """Does nothing if the campaign has its broadcast already."""
        ...

    def read(self, campaign_id: str) -> Broadcast | None: ...


class BoundUsers(Protocol):
    """Who has bound an app, in SEGMENTS_OF_APP parts. A user is always in the same part."""

    def openids(self, appid: str, part: int, after: str | None, limit: int) -> list[str]:
        """In order, from the one after `after` on: fewer than `limit` are the last ones. Raises StoreError."""
        ...

    def bound(self, appid: str, openids: Sequence[str]) -> list[BoundUser]:
        """Those of the users who have bound the app, in no order. Raises StoreError."""
        ...
