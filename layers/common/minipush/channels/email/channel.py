"""Reminders by e-mail: at most once. The mail systems on the way may send a copy of what they took."""

from email.message import EmailMessage
from email.utils import parseaddr
from typing import Protocol

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.email.mail import code_mail, reminder_mail
from minipush.channels.reminder_results import rejected
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder


class Postbox(Protocol):
    """Who takes mails."""

    @property
    def host(self) -> str: ...

    async def post(self, mail: EmailMessage, mail_from: str, to: str, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        """`mail_from`, `to`: addresses without names. Never raises for what the network or the other side does."""
        ...


class EmailChannel:
    kind: ChannelKind = ChannelKind.EMAIL
    repeat_ms: int = 0
    find_after_ms: int = 0

    def __init__(self, mail_from: str, postbox: Postbox) -> None:
        """`mail_from`: an address, or `Name <address>`."""
        self._mail_from = mail_from
        self._bare_from = parseaddr(mail_from)[1]
        self._postbox = postbox

    def host(self, address: ChannelAddress) -> str:  # noqa: ARG002  # one for all
        return self._postbox.host

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        if reminder.is_recall:
            return rejected(Concerns.MESSAGE, "a mail can't be recalled")
        mail = reminder_mail(reminder, self._mail_from, address.text)
        return await self._postbox.post(mail, self._bare_from, address.text, timeout)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        mail = code_mail(code, self._mail_from, address.text)
        return await self._postbox.post(mail, self._bare_from, address.text, timeout)

    async def find(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> None:  # noqa: ASYNC109, ARG002
        """Nobody can be asked."""
        return
