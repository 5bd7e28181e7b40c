"""Subscription messages (订阅消息) of a mini-program: they spend one-time and long-term subscriptions."""

from typing import TYPE_CHECKING

from minipush.channels.channel_type import ChannelClients, ChannelType
from minipush.domain.messages import MessageType
from minipush.domain.permit_kinds import LONG, ONCE

if TYPE_CHECKING:
    from minipush.channels.wechat_subscribe.channel import WeChatSubscribeChannel

SUBSCRIBE_MESSAGE = MessageType(name="subscribe", permit_kinds=frozenset({ONCE, LONG}), has_field_rules=True)


def _open(clients: ChannelClients) -> "WeChatSubscribeChannel":
    from minipush.channels.wechat_subscribe.channel import WeChatSubscribeChannel

    return WeChatSubscribeChannel(clients.wechat_sender)


WECHAT_SUBSCRIBE = ChannelType(message_type=SUBSCRIBE_MESSAGE, open=_open)
