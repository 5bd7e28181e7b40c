"""The channel of the official account's template messages."""

import hashlib
from typing import Final

from minipush.application.ports.channel import About, SendResult, Verdict
from minipush.channels.channel_type import OfficialAccountClient
from minipush.channels.wechat_bodies import SharedBody
from minipush.channels.wechat_results import send_result
from minipush.domain.messages import Message, Reason
from minipush.domain.permits import Permit
from minipush.wechat.errcodes import Reaction
from minipush.wechat.messages import official_message, with_fields

# A user who refuses the account's messages still follows it.
_ABOUT: Final = {Reaction.COUNT_EMPTY: About.USER}
# Of a campaign that was created while the deployment had an official account.
_NO_ACCOUNT: Final = SendResult(
    verdict=Verdict.REJECTED,
    about=About.ACCOUNT,
    reason=Reason.WECHAT_UNAVAILABLE,
    reached=False,
    errmsg="the deployment has no official account",
)


def client_msg_id(delivery_id: str) -> str:
    """The delivery's key at WeChat, which takes 32 characters. Another user's message may have the same one."""
    return hashlib.sha256(delivery_id.encode()).hexdigest()[:32]


class WeChatOfficialChannel:
    """`client` is None if the deployment has no official account."""

    def __init__(self, client: OfficialAccountClient | None) -> None:
        self._client = client
        self._shared = SharedBody(self._without_recipient)

    def is_ready(self, message: Message) -> bool:  # noqa: ARG002  # all messages need the same token
        return self._client is not None and self._client.sender.has_token

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:  # noqa: ASYNC109, ARG002
        if self._client is None:
            return _NO_ACCOUNT
        refused = await self._client.sender.fetch_token(timeout)
        return send_result(refused, _ABOUT) if refused else None

    async def send(
        self,
        openid: str,  # noqa: ARG002  # of the mini-program
        permit: Permit,
        message: Message,
        timeout: float,  # noqa: ASYNC109
        delivery_id: str,
    ) -> SendResult:
        if self._client is None:
            return _NO_ACCOUNT
        key = client_msg_id(delivery_id)
        body = with_fields(self._shared.of(message), touser=permit.id, client_msg_id=key)
        return send_result(await self._client.sender.send_official(body, timeout), _ABOUT)

    def _without_recipient(self, message: Message) -> dict[str, object]:
        link = message.link
        default = self._client.mini_program if self._client else ""
        return official_message(
            touser="",
            template_id=message.template_id,
            data=message.data,
            url=message.url,
            miniprogram={"appid": link.appid or default, "pagepath": link.page} if link else None,
        )
