"""Template messages of the official account (公众号模板消息): they go to its followers and spend nothing."""

from typing import TYPE_CHECKING

from minipush.channels.channel_type import ChannelClients, ChannelType
from minipush.domain.accounts import AccountKind
from minipush.domain.messages import MessageType
from minipush.domain.permit_kinds import FOLLOW

if TYPE_CHECKING:
    from minipush.channels.wechat_official.channel import WeChatOfficialChannel

OFFICIAL_MESSAGE = MessageType(
    name="official",
    permit_kinds=frozenset({FOLLOW}),
    has_field_rules=True,
    account=AccountKind.OFFICIAL_ACCOUNT,
    shows_emoji=False,
)


def _open(clients: ChannelClients) -> "WeChatOfficialChannel":
    from minipush.channels.wechat_official.channel import WeChatOfficialChannel

    return WeChatOfficialChannel(clients.official_client)


WECHAT_OFFICIAL = ChannelType(message_type=OFFICIAL_MESSAGE, open=_open)
