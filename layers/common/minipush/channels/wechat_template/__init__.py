"""Template messages (模板消息) of a mini-program: they spend formIds and prepay_ids."""

from typing import TYPE_CHECKING

from minipush.channels.channel_type import ChannelClients, ChannelType
from minipush.domain.messages import MessageType
from minipush.domain.permit_kinds import FORM, PAY

if TYPE_CHECKING:
    from minipush.channels.wechat_template.channel import WeChatTemplateChannel

TEMPLATE_MESSAGE = MessageType(name="template", permit_kinds=frozenset({FORM, PAY}), has_field_rules=False)


def _open(clients: ChannelClients) -> "WeChatTemplateChannel":
    from minipush.channels.wechat_template.channel import WeChatTemplateChannel

    return WeChatTemplateChannel(clients.wechat_sender)


WECHAT_TEMPLATE = ChannelType(message_type=TEMPLATE_MESSAGE, open=_open)
