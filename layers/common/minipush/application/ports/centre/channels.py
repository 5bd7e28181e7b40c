"""The users' channels."""

from typing import Protocol

from minipush.domain.centre.channels import DeadReason, OwnershipCode, UserChannel
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind


class DeadChannels(Protocol):
    """Takes no key to the addresses."""

    def kill(
        self, openid: str, address: ChannelAddress, reason: DeadReason, notice: InboxMessage | None = None
    ) -> bool:
        """Mark a channel dead and put `notice` into the inbox: both or neither.

        False if it is dead already, or if it has another address by now.
        """
        ...


class ChannelStore(DeadChannels, Protocol):
    """Addresses are stored encrypted. Reads are consistent: they see every earlier write."""

    def read_all(self, openid: str) -> list[UserChannel]: ...

    def put(self, openid: str, channel: UserChannel) -> None:
        """Put the channel in the place of the user's channel of that kind."""
        ...

    def take_try(self, openid: str, kind: ChannelKind, code: OwnershipCode, most: int) -> bool:
        """Count a try of the code before it is compared. False after `most` tries, or if another code has gone out."""
        ...

    def verify(self, openid: str, kind: ChannelKind, code: OwnershipCode, at: int) -> bool:
        """Make the channel verified. False if another code has gone out since."""
        ...

    def remove(self, openid: str, kind: ChannelKind) -> None: ...


class CodeLimits(Protocol):
    """How many codes go out, whoever asks for them."""

    def take(self, name: str, most: int, window_ms: int, now: int) -> int | None:
        """Count one code under `name`. None if it may go out; else when the next one may (ms)."""
        ...
