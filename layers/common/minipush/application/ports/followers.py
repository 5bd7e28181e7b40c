"""The followers of the official account: what WeChat says, what is stored, and what is still to be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minipush.domain.followers import FollowerInfo, FollowerSync, KnownFollower, OfficialEvent


@dataclass(frozen=True, slots=True)
class FollowerPage:
    """`cursor`: None on the last page."""

    openids: tuple[str, ...]
    cursor: str | None


class FollowerSource(Protocol):
    """WeChat. Every method raises WeChatUnavailableError."""

    def info(self, openid: str) -> FollowerInfo | None:
        """None if WeChat doesn't know the openid."""
        ...

    def infos(self, openids: Sequence[str]) -> list[FollowerInfo]:
        """Of 100 at most. Those that WeChat doesn't know are left out."""
        ...

    def page(self, cursor: str) -> FollowerPage:
        """The next 10,000 followers; the first ones for an empty cursor. Any follower's openid is a cursor."""
        ...


class FollowerStore(Protocol):
    """Followers and users meet at the unionid. Reads are consistent. Every method raises StoreError."""

    def read(self, openid: str) -> KnownFollower:
        """Of somebody who isn't stored, the version is 0."""
        ...

    def keep(self, follower: KnownFollower, before: int) -> bool:
        """False if another version than `before` is stored."""
        ...

    def page(self, cursor: str, most: int) -> FollowerPage:
        """Those that are stored as followers."""
        ...

    def join_follower(self, unionid: str, openid: str) -> str | None:
        """Note the person's openid in the official account. Returns the one in the mini-program, if it is known."""
        ...

    def join_user(self, unionid: str, openid: str) -> str | None:
        """Note the person's openid in the mini-program. Returns the one in the official account, if it is known."""
        ...

    def user_of(self, unionid: str) -> str | None:
        """The person's openid in the mini-program."""
        ...

    def copy(self, openid: str, follower: KnownFollower) -> None:
        """Into the user's profile, unless a later version is there. `openid`: of the mini-program."""
        ...


class FollowerSyncStore(Protocol):
    def read(self) -> FollowerSync | None: ...

    def begin(self, sync: FollowerSync) -> None: ...

    def advance(self, sync: FollowerSync) -> bool:
        """False if another step than the one before is stored, or another sync."""
        ...


class OfficialQueue(Protocol):
    """Work for the worker of the official account. Every method raises StoreError."""

    def put_event(self, event: OfficialEvent) -> None: ...

    def put_sync(self, sync_id: str, delay_seconds: int = 0) -> None: ...
