"""What the use cases need from the world. The adapters' contract suites hold fakes and real ones to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.domain.pool import PoolMeasure
from minipush.domain.rejections import Rejection
from minipush.domain.users import Settings, User

if TYPE_CHECKING:
    from minipush.wechat.sends import Reply

type Clock = Callable[[], int]
"""Milliseconds since the epoch."""


class UserStore(Protocol):
    """Users' partitions. Reads are consistent: what was written before is seen."""

    def read(self, openid: str) -> User: ...

    def add(self, openid: str, permits: list[Permit]) -> list[bool]:
        """Store those not yet there, spent ones included; tells of each whether it is new."""
        ...

    def withdraw(self, openid: str, template_ids: set[str], now: int) -> int:
        """Take back the subscriptions of these templates; how many there were that nothing had claimed.

        None comes back by being given back, and no one-time accept by being added again. A long-term one has no id:
        added again, it is a new one.
        """
        ...

    def mark_undelivered(self, openid: str, permit: Permit, msgid: str, errcode: int | None) -> bool:
        """The message on this claimed permit never came. False where its holder has it no longer."""
        ...

    def see(self, openid: str, unionid: str | None, now: int) -> None:
        """Note a login."""
        ...

    def change(self, openid: str, settings: Mapping[str, Any]) -> Settings:
        """Set the fields of Settings that are given, keep the others."""
        ...

    def note(self, openid: str, rejections: Mapping[str, Rejection | None]) -> None:
        """What the user said no to, by template; None forgets it. Of other templates all stays."""
        ...


class StoreError(Exception):
    """The store could not be reached or is overloaded; trying again later may help."""


class HeardEvents(Protocol):
    """WeChat's events by key, for as long as WeChat may repeat them."""

    def has(self, key: str) -> bool: ...

    def add(self, key: str, kept_until: int) -> bool:
        """Whether it is new. `kept_until` in ms."""
        ...


class Ledger(Protocol):
    """The claims on permits. Calls made in the same turn of the event loop travel together.

    A holder is `delivery/carrier` (see Claim). Every method raises StoreError when the outcome could not be
    written.
    """

    async def claim(self, openid: str, permit: Permit, holder: str, now: int) -> str | None:
        """Take the permit, if nobody has it; who holds it then. None: it is gone, or dead."""
        ...

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        """Take a claimed permit from its holder, whose process died; False when that has changed."""
        ...

    async def give_back(self, openid: str, permit: Permit, holder: str) -> None:
        """WeChat certainly did not take the message: the permit is live again."""
        ...

    async def bury(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        """WeChat refused the permit for good; False when another holds it now."""
        ...

    async def empty(self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int) -> None:
        """WeChat has none of these either, which nobody had claimed: they are dead, but for those claimed since."""
        ...


class Messenger(Protocol):
    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> "Reply":  # noqa: ASYNC109
        """Hand the message to WeChat; tells what came of it and never raises. `timeout` in seconds."""
        ...


class Rates(Protocol):
    """Turns at a rate, shared by all workers."""

    async def lease(self, name: str, per_second: float, turns: int, now: float) -> float:
        """Take that many turns in a row; when the first is due (seconds since the epoch, not before `now`).

        The turns after it are due 1/per_second apart. Turns that nobody took are lost: there is no catching up.
        """
        ...


@dataclass(slots=True)
class Sweep:
    """How far a pass over all users has come; `cursor` is the store's own, None at the end."""

    measure: PoolMeasure
    removed: int = 0
    cursor: Mapping[str, Any] | None = None
    version: int = 0
    finished: bool = False


class SweepStore(Protocol):
    def resume(self) -> Sweep | None:
        """The pass that was left unfinished."""
        ...

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, Settings | Permit]], Mapping[str, Any] | None]:
        """Some settings and permits with their openids, and where the next page begins.

        A user's come together, settings first, but may go on with the next page. Settings are without tags.
        """
        ...

    def remove(self, permits: list[tuple[str, Permit]], kept_until: int) -> int:
        """Delete those that are kept until then (ms) at most; how many were there to delete."""
        ...

    def save(self, sweep: Sweep) -> bool:
        """Keep the pass's place; False when another sweep has moved it meanwhile."""
        ...

    def publish(self, sweep: Sweep) -> None:
        """Make the finished measure the pool's."""
        ...

    def pool(self) -> PoolMeasure | None: ...
