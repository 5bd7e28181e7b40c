"""Reminders through the permit ledger, as any direct send: an accept is spent once, and a lost answer stays unknown.

The reminder's id is the delivery's. A worker that takes over finds the claim of the one that died, and sends nothing.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_fields import reminder_fields
from minipush.channels.reminder_results import accepted, rejected, unknown
from minipush.channels.wechat_subscribe import SUBSCRIBE_MESSAGE
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderReason
from minipush.domain.message_errors import InvalidDataError
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.errors import SendingOffError, StoreError

_HOST: Final = "subscription"
_CONCERNS: Final = {
    Reason.INVALID_OPENID: Concerns.ADDRESS,
    Reason.INVALID_TEMPLATE: Concerns.ACCOUNT,
    Reason.INVALID_PAGE: Concerns.ACCOUNT,
    Reason.QUOTA: Concerns.PROVIDER,
    Reason.WECHAT_UNAVAILABLE: Concerns.PROVIDER,
    Reason.SENDING_OFF: Concerns.RED_SWITCH,
}

type Send = Callable[[list[str], Message, str, float], Awaitable[list[Outcome]]]
"""A direct send: openids, message, delivery id, deadline on time.monotonic()."""


class SubscriptionReminderChannel:
    """An address is the user's openid in the mini-program."""

    kind: ChannelKind = ChannelKind.SUBSCRIBE
    repeat_ms: int = 0
    find_after_ms: int = 0

    def __init__(self, send: Send, template_id: str, inbox_page: str) -> None:
        """Without an `inbox_page`, a message opens nothing."""
        self._send = send
        self._template_id = template_id
        self._page = inbox_page or None

    def host(self, address: ChannelAddress) -> str:  # noqa: ARG002  # one for all
        return _HOST

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        if reminder.is_recall:
            return rejected(Concerns.MESSAGE, "a subscription message can't be recalled")
        # The rules of reminders were judged before: here, an opt-out and quiet hours of campaigns don't count.
        message = Message(
            SUBSCRIBE_MESSAGE,
            self._template_id,
            page=self._page,
            data=reminder_fields(reminder.sender, reminder.at),
            essential=True,
        )
        try:
            [outcome] = await self._send(
                [address.text], message, reminder.sending_id, time.monotonic() + timeout
            )
        except SendingOffError as error:
            return rejected(Concerns.RED_SWITCH, str(error))
        except StoreError as error:
            return rejected(Concerns.PROVIDER, str(error))
        except InvalidDataError as error:
            return rejected(Concerns.ACCOUNT, str(error))
        return _result(outcome)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109, ARG002
        return rejected(Concerns.MESSAGE, "an accept needs no code")

    async def find(
        self,
        reminder: Reminder,  # noqa: ARG002
        address: ChannelAddress,  # noqa: ARG002
        timeout: float,  # noqa: ASYNC109, ARG002
    ) -> ReminderResult | None:
        return None


def _result(outcome: Outcome) -> ReminderResult:
    """Without an accept, the next channel's turn has come; the user may accept again."""
    if outcome.status is Status.SENT:
        return accepted(None if outcome.msgid is None else str(outcome.msgid))
    if outcome.status is Status.UNKNOWN:
        return unknown("WeChat's answer was lost")
    reason = outcome.reason or Reason.WECHAT_UNAVAILABLE
    limited = ReminderReason.PROVIDER_LIMIT if reason is Reason.QUOTA else None
    said = outcome.errmsg or reason.value
    detail = said if outcome.errcode is None else f"{outcome.errcode}: {said}"
    return rejected(_CONCERNS.get(reason, Concerns.MESSAGE), detail, limited)
