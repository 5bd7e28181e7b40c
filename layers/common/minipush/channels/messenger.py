"""Messages as WeChat takes them."""

from minipush.domain.messages import Message, MessageType
from minipush.domain.permits import Permit
from minipush.wechat.messages import subscribe_message, template_message, to_body, with_fields
from minipush.wechat.sender import Reply, Sender


class WeChatMessenger:
    """Keeps what the recipients of a message get alike, as it is encoded: campaigns have one message for all."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._message: Message | None = None
        self._alike = b""

    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> Reply:  # noqa: ASYNC109
        if message is not self._message:
            self._alike = to_body(_unaddressed(message))
            self._message = message
        if message.type is MessageType.TEMPLATE:
            body = with_fields(self._alike, touser=openid, form_id=permit.id)
            return await self._sender.send_template(body, timeout)
        return await self._sender.send_subscribe(with_fields(self._alike, touser=openid), timeout)


def _unaddressed(message: Message) -> dict[str, object]:
    whole = _template(message) if message.type is MessageType.TEMPLATE else _subscribe(message)
    return {name: value for name, value in whole.items() if value != ""}


def _template(message: Message) -> dict[str, object]:
    return template_message(
        touser="",
        template_id=message.template_id,
        form_id="",
        page=message.page,
        data=message.data,
        emphasis_keyword=message.emphasis_keyword,
    )


def _subscribe(message: Message) -> dict[str, object]:
    return subscribe_message(
        touser="",
        template_id=message.template_id,
        data=message.data,
        page=message.page,
        miniprogram_state=message.miniprogram_state,
        lang=message.lang,
    )
