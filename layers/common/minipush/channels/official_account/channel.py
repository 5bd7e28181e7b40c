"""Reminders as template messages of the official account. They name the sender and the time, and nothing else.

WeChat drops the repeat of a message for ten minutes by its `client_msg_id`, which is the `sending_id` here.
An update of a message is no repeat.

A tap leads into the mini-program. WeChat's page calls `pagepath` optional: without it, a link should open the first page.
"""

import logging
import time
from functools import partial
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
# The mini-program isn't bound to the official account, or has no such page.
_LINK_REFUSED: Final = frozenset({40013, 40165, 40166})
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

logger = logging.getLogger(__name__)


class OfficialReminderChannel:
    """`client` is None if the deployment has no official account. An address is an openid in it."""

    kind: ChannelKind = ChannelKind.OFFICIAL
    repeat_ms: int = FOLLOW.repeatable_ms or 0
    find_after_ms: int = 0

    def __init__(self, client: OfficialAccountClient | None, template_id: str, inbox_page: str) -> None:
        """Without an `inbox_page`, a message opens the mini-program's first page."""
        self._client = client
        self._template_id = template_id
        self._inbox_page = inbox_page

    def host(self, address: ChannelAddress) -> str:  # noqa: ARG002  # one for all
        return _HOST

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        if reminder.is_recall:
            return rejected(Concerns.MESSAGE, "a template message can't be recalled")
        if self._client is None:
            return rejected(Concerns.ACCOUNT, "the deployment has no official account")
        reply = await self._send(self._client, reminder, address, timeout)
        return _result(reply, is_repeat=reminder.is_repeat)

    async def _send(
        self,
        client: OfficialAccountClient,
        reminder: Reminder,
        address: ChannelAddress,
        timeout: float,  # noqa: ASYNC109
    ) -> Reply:
        """A link that WeChat refuses costs the link, not the reminder."""
        deadline = time.monotonic() + timeout
        body = partial(self._body, reminder, address)
        reply = await client.sender.send_official(body(self._link(client)), timeout)
        if reply.errcode not in _LINK_REFUSED:
            return reply
        logger.warning("a reminder's link was refused", extra={"errcode": reply.errcode})
        return await client.sender.send_official(body(None), deadline - time.monotonic())

    def _link(self, client: OfficialAccountClient) -> dict[str, str]:
        page = {"pagepath": self._inbox_page} if self._inbox_page else {}
        return {"appid": client.mini_program} | page

    def _body(self, reminder: Reminder, address: ChannelAddress, link: dict[str, str] | None) -> bytes:
        message = official_message(
            touser=address.text,
            template_id=self._template_id,
            data=reminder_fields(reminder.sender, reminder.at, shows_emoji=False),
            miniprogram=link,
            client_msg_id=reminder.sending_id,
        )
        return to_body(message)

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
