"""What a user's partition says about a reminder, beside the message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from minipush.domain.centre.channels import UserChannel
from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.preferences import DoNotDisturb, Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A user who is to be reminded. `level`: what the user allows the sender now; NONE where the binding or the
    personal key is gone, paused or expired. `do_not_disturb`: for this sender.
    """

    preferences: Preferences
    channels: Sequence[UserChannel]
    level: Level
    do_not_disturb: DoNotDisturb | None = None


class ReaderStore(Protocol):
    def read(self, openid: str, sender: Sender, now: int) -> Reader:
        """One read of what lies before the inbox, and one of the personal key that the message came by."""
        ...

    def mute(self, openid: str, kind: SenderKind, id_: str) -> None:
        """The sender (an appid, or the ref of a personal key) reminds no more, until the user changes that.

        Does nothing if the user has no such sender.
        """
        ...
