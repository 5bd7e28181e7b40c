"""The port of the red switch. Every method may raise StoreError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.sending import Sending


class SendingSwitch(Protocol):
    def read(self) -> Sending:
        """A consistent read. Sending is on before anybody has switched."""
        ...

    def turn(self, sending: Sending) -> None:
        """From now on, every read finds this."""
        ...


class SendingLook(Protocol):
    """The same switch for processes that send, in the event loop."""

    async def look(self) -> Sending:
        """As `SendingSwitch.read`."""
        ...
