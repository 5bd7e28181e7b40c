"""How a message gets to WeChat."""

from typing import TYPE_CHECKING, Protocol

from minipush.domain.messages import Message
from minipush.domain.permits import Permit

if TYPE_CHECKING:
    from minipush.wechat.sender import Reply


class Messenger(Protocol):
    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> "Reply":  # noqa: ASYNC109
        """Hand the message to WeChat; tells what came of it and never raises. `timeout` in seconds."""
        ...
