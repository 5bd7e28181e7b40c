"""Reminders as template messages of the official account. They name the sender and the time, and nothing else.

WeChat drops the repeat of a message for ten minutes by its `client_msg_id`, which is the `sending_id` here.
An update of a message is no repeat.
"""

from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.channel_type import OfficialAccountClient
from minipush.channels.reminder_fields import reminder_fields
from minipush.channels.reminder_results import accepted, rejected, unknown
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderReason
from minipush.domain.permit_kinds import FOLLOW
from minipush.wechat.errcodes import Reaction
from minipush.wechat.messages import official_message, to_body
from minipush.wechat.sender import Reply, Taken

_HOST: Final = "official_account"
_DUPLICATE: Final = 40241
_TOO_MANY_TO_USER: Final = 43117
_CONCERNS: Final = {
    Reaction.USER_FAIL: Concerns.ADDRESS,
    Reaction.COUNT_EMPTY: Concerns.ADDRESS,
    Reaction.NEXT_PERMIT: Concerns.MESSAGE,
    Reaction.MESSAGE_FAIL: Concerns.MESSAGE,
    Reaction.CAMPAIGN_FAIL: Concerns.ACCOUNT,
    Reaction.PAUSE: Concerns.ACCOUNT,
    Reaction.REFRESH_TOKEN: Concerns.PROVIDER,
    Reaction.BACK_OFF: Concerns.PROVIDER,
}


class OfficialReminderChannel:
    """`client` is None if the deployment has no official account. An address is an openid in it."""

    kind: ChannelKind = ChannelKind.OFFICIAL
    repeat_ms: int = FOLLOW.repeatable_ms or 0
    find_after_ms: int = 0

    def __init__(self, client: OfficialAccountClient | None, template_id: str) -> None:
        self._client = client
        self._template_id = template_id

    def host(self, address: ChannelAddress) -> str:  # noqa: ARG002  # one for all
        return _HOST

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        if reminder.is_recall:
            return rejected(Concerns.MESSAGE, "a template message can't be recalled")
        if self._client is None:
            return rejected(Concerns.ACCOUNT, "the deployment has no official account")
        message = official_message(
            touser=address.text,
            template_id=self._template_id,
            data=reminder_fields(reminder.sender, reminder.at, shows_emoji=False),
            client_msg_id=reminder.sending_id,
        )
        reply = await self._client.sender.send_official(to_body(message), timeout)
        return _result(reply, is_repeat=reminder.is_repeat)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109, ARG002
        return rejected(Concerns.MESSAGE, "a follower needs no code")

    async def find(
        self,
        reminder: Reminder,  # noqa: ARG002
        address: ChannelAddress,  # noqa: ARG002
        timeout: float,  # noqa: ASYNC109, ARG002
    ) -> ReminderResult | None:
        return None


def _result(reply: Reply, *, is_repeat: bool) -> ReminderResult:
    if reply.taken is Taken.YES or (is_repeat and reply.errcode == _DUPLICATE):
        return accepted(str(reply.msgid) if reply.msgid else None)
    if reply.taken is Taken.MAYBE:
        return unknown("WeChat's answer was lost")
    detail = f"{reply.errcode}: {reply.errmsg}" if reply.errcode is not None else "WeChat is out of reach"
    if reply.errcode == _TOO_MANY_TO_USER:
        # Others may still be reminded.
        return rejected(Concerns.MESSAGE, detail, ReminderReason.PROVIDER_LIMIT)
    if reply.reason == "quota":
        return rejected(Concerns.PROVIDER, detail, ReminderReason.PROVIDER_LIMIT)
    return rejected(_CONCERNS.get(reply.reaction, Concerns.PROVIDER), detail)
