"""The ways to reach users. A new channel is a folder here and an entry in CHANNELS.

Importing this package is cheap: a channel loads its client when it is opened.
"""

from minipush.channels.wechat_subscribe import SUBSCRIBE_MESSAGE, WECHAT_SUBSCRIBE
from minipush.channels.wechat_template import TEMPLATE_MESSAGE, WECHAT_TEMPLATE
from minipush.domain.messages import MessageType

__all__ = ["CHANNELS", "MESSAGE_TYPES", "SUBSCRIBE_MESSAGE", "TEMPLATE_MESSAGE", "message_type"]

CHANNELS = (WECHAT_TEMPLATE, WECHAT_SUBSCRIBE)

MESSAGE_TYPES = tuple(channel.message_type for channel in CHANNELS)
_BY_NAME = {message_type.name: message_type for message_type in MESSAGE_TYPES}


def message_type(name: str) -> MessageType:
    """Raise ValueError if no channel sends messages of this type."""
    if found := _BY_NAME.get(name):
        return found
    raise ValueError(f"{name!r} is not a type of message")
