"""The claims on permits."""

from typing import Protocol

from minipush.domain.permits import Permit


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

    async def invalidate(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        """WeChat refused the permit for good; False when another holds it now."""
        ...

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        """WeChat has none of these either, which nobody had claimed: they are dead, but for those claimed since."""
        ...
