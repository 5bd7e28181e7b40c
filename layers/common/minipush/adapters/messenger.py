"""Messages as WeChat takes them."""

from minipush.domain.messages import Message, MessageType
from minipush.domain.permits import Permit
from minipush.wechat.messages import subscribe_message, template_message, to_body
from minipush.wechat.sends import Reply, Sender


class WeChatMessenger:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> Reply:  # noqa: ASYNC109
        if message.type is MessageType.TEMPLATE:
            return await self._sender.send_template(_template(openid, permit, message), timeout)
        return await self._sender.send_subscribe(_subscribe(openid, message), timeout)


def _template(openid: str, permit: Permit, message: Message) -> bytes:
    body = template_message(
        touser=openid,
        template_id=message.template_id,
        form_id=permit.id,
        page=message.page,
        data=message.data,
        emphasis_keyword=message.emphasis_keyword,
    )
    return to_body(body)


def _subscribe(openid: str, message: Message) -> bytes:
    body = subscribe_message(
        touser=openid,
        template_id=message.template_id,
        data=message.data,
        page=message.page,
        miniprogram_state=message.miniprogram_state,
        lang=message.lang,
    )
    return to_body(body)
