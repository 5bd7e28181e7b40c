"""What a channel registers. Importing this module must stay cheap: it loads no client library."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from minipush.domain.messages import MessageType

if TYPE_CHECKING:
    from minipush.application.ports.channel import Channel
    from minipush.wechat.sender import Sender


@dataclass(frozen=True, slots=True)
class OfficialAccountClient:
    """`sender` has the official account's tokens. `mini_program`: the AppID that links lead to by default."""

    sender: "Sender"
    mini_program: str


class ChannelClients(Protocol):
    """The clients of providers that a channel may use. Each is made on first use."""

    @property
    def wechat_sender(self) -> "Sender": ...

    @property
    def official_client(self) -> OfficialAccountClient | None:
        """None if the deployment has no official account."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChannelType:
    """A way to reach users: the type of the messages that it sends, and how to open it."""

    message_type: MessageType
    open: Callable[[ChannelClients], "Channel"]
