"""The claims on permits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.permits import Permit


class Ledger(Protocol):
    """The claims on permits.

    A holder is `delivery/owner`: see Claim. Calls made in the same iteration of the event loop share a request.
    Every method raises StoreError if it could not be written.
    """

    async def claim(self, openid: str, permit: Permit, holder: str, now: int) -> str | None:
        """Claim the permit unless it is claimed already.

        Returns who holds it now. None: the permit is gone or invalidated.
        """
        ...

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        """Take the claim from the holder in `permit.claim`, whose process died. False if it has changed hands."""
        ...

    async def give_back(self, openid: str, permit: Permit, holder: str) -> None:
        """Release the claim: the message was certainly not accepted, and the permit is live again."""
        ...

    async def report_unknown(self, openid: str, permit: Permit, holder: str) -> str | None:
        """Note at the claim that its outcome is reported as unknown.

        Returns the msgid instead if WeChat has said before that it accepted the message; nothing is noted then.
        """
        ...

    async def invalidate(self, openid: str, permit: Permit, holder: str, errcode: int) -> bool:
        """Mark the claimed permit as refused for good. False if another holder has it now."""
        ...

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        """Claim and invalidate unclaimed permits. Permits that were claimed meanwhile stay as they are."""
        ...
