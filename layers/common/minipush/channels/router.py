"""One channel for all types of messages."""

from collections.abc import Coroutine, Mapping
from typing import Any, Self

from minipush.application.ports.channel import Channel, SendResult
from minipush.channels import CHANNELS
from minipush.channels.channel_type import ChannelClients
from minipush.domain.messages import Message, MessageType
from minipush.domain.permits import Permit


class ChannelRouter:
    """Sends each message through the channel of its type."""

    def __init__(self, channels: Mapping[MessageType, Channel]) -> None:
        self._channels = dict(channels)

    @classmethod
    def open(cls, clients: ChannelClients) -> Self:
        """Open all registered channels."""
        return cls({channel.message_type: channel.open(clients) for channel in CHANNELS})

    def is_ready(self, message: Message) -> bool:
        return self._channels[message.type].is_ready(message)

    def prepare(self, message: Message, timeout: float) -> Coroutine[Any, Any, SendResult | None]:
        return self._channels[message.type].prepare(message, timeout)

    # Not async itself: the caller awaits the channel's coroutine, so that no send pays for a second one.
    def send(
        self, openid: str, permit: Permit, message: Message, timeout: float, delivery_id: str
    ) -> Coroutine[Any, Any, SendResult]:
        return self._channels[message.type].send(openid, permit, message, timeout, delivery_id)
