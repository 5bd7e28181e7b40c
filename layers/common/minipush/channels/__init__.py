"""The ways to reach users. A new channel is a folder here and an entry in CHANNELS.

Importing this package is cheap: a channel loads its client when it is opened.
"""

from minipush.channels.broadcasts import BROADCAST
from minipush.channels.wechat_official import OFFICIAL_MESSAGE, WECHAT_OFFICIAL
from minipush.channels.wechat_subscribe import SUBSCRIBE_MESSAGE, WECHAT_SUBSCRIBE
from minipush.channels.wechat_template import TEMPLATE_MESSAGE, WECHAT_TEMPLATE
from minipush.domain.messages import MessageType

__all__ = [
    "BROADCAST",
    "CHANNELS",
    "MESSAGE_TYPES",
    "OFFICIAL_MESSAGE",
    "SUBSCRIBE_MESSAGE",
    "TEMPLATE_MESSAGE",
    "message_type",
]

CHANNELS = (WECHAT_TEMPLATE, WECHAT_SUBSCRIBE, WECHAT_OFFICIAL)

MESSAGE_TYPES = tuple(channel.message_type for channel in CHANNELS)
_BY_NAME = {message_type.name: message_type for message_type in (*MESSAGE_TYPES, BROADCAST)}


def message_type(name: str) -> MessageType:
    """Of a channel, or of an app's broadcast. Raise ValueError for any other name."""
    if found := _BY_NAME.get(name):
        return found
    raise ValueError(f"{name!r} is not a type of message")
