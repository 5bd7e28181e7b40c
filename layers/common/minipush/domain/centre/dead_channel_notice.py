"""What the inbox of a user says once nothing more is sent to a channel."""

import uuid
from collections.abc import Mapping
from typing import Final

from minipush.domain.centre.channels import DeadReason
from minipush.domain.centre.inbox import KEPT_MS, Content, InboxMessage, Sender, SenderKind
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ChannelKind

CENTRE = Sender(SenderKind.CENTRE, "", "")
TITLE: Final = "提醒渠道已停用"
NAMES: Final[Mapping[ChannelKind, str]] = {
    ChannelKind.BARK: "Bark",
    ChannelKind.EMAIL: "邮箱",
    ChannelKind.SMS: "短信",
    ChannelKind.OFFICIAL: "公众号",
    ChannelKind.SUBSCRIBE: "订阅消息",
}
CAUSES: Final[Mapping[DeadReason, str]] = {
    DeadReason.REFUSED: "已无法送达提醒。",
    DeadReason.BOUNCED: "退回了提醒邮件。",
    DeadReason.COMPLAINED: "将提醒邮件标记为垃圾邮件。",
}


def dead_channel_notice(openid: str, kind: ChannelKind, reason: DeadReason, at: int) -> InboxMessage:
    """A weak message of the centre itself. `at`: ms."""
    body = f"{NAMES[kind]}{CAUSES[reason]}如需继续使用，请在提醒设置中重新验证。"  # Chinese
    return InboxMessage(
        id=message_id(at, uuid.uuid4().hex),
        openid=openid,
        at=at,
        sender=CENTRE,
        content=Content(title=TITLE, body=body),
        until=at + KEPT_MS,
    )
