"""The channel of template messages."""

from minipush.application.ports.channel import About, SendResult
from minipush.channels.wechat_bodies import SharedBody
from minipush.channels.wechat_results import send_result
from minipush.domain.messages import Message
from minipush.domain.permits import Permit
from minipush.wechat.errcodes import Reaction
from minipush.wechat.messages import template_message, with_fields
from minipush.wechat.sender import Sender

# 43101 comes for a user's subscriptions. Here it can only concern the permit that was sent.
_ABOUT = {Reaction.COUNT_EMPTY: About.PERMIT}


class WeChatTemplateChannel:
    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._shared = SharedBody(_without_recipient)

    def is_ready(self, message: Message) -> bool:  # noqa: ARG002  # all messages need the same token
        return self._sender.has_token

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:  # noqa: ASYNC109, ARG002
        refused = await self._sender.fetch_token(timeout)
        return send_result(refused, _ABOUT) if refused else None

    async def send(
        self,
        openid: str,
        permit: Permit,
        message: Message,
        timeout: float,  # noqa: ASYNC109
        delivery_id: str,  # noqa: ARG002  # WeChat takes no key with these messages
    ) -> SendResult:
        body = with_fields(self._shared.of(message), touser=openid, form_id=permit.id)
        return send_result(await self._sender.send_template(body, timeout), _ABOUT)


def _without_recipient(message: Message) -> dict[str, object]:
    return template_message(
        touser="",
        template_id=message.template_id,
        form_id="",
        page=message.page,
        data=message.data,
        emphasis_keyword=message.emphasis_keyword,
    )
