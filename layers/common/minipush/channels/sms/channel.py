"""Reminders by text message, which say from whom a message has come, and not what it says."""

from collections.abc import Mapping
from typing import Protocol

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import rejected
from minipush.channels.reminder_settings import ReminderSettings
from minipush.channels.sms.account import sender_name
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder


class SmsProvider(Protocol):
    find_after_ms: int

    @property
    def host(self) -> str: ...

    async def send(
        self,
        number: str,
        template: str,
        variables: Mapping[str, str],
        own_id: str,
        timeout: float,  # noqa: ASYNC109
    ) -> ReminderResult:
        """`number`: in E.164. `own_id`: the sender's id of the message, empty for none."""
        ...

    async def find(self, number: str, own_id: str, first_try: int, timeout: float) -> ReminderResult | None:  # noqa: ASYNC109
        """`first_try`: ms. None: the provider can't be asked, or knows of no such message."""
        ...


class SmsChannel:
    kind: ChannelKind = ChannelKind.SMS
    repeat_ms: int = 0

    def __init__(self, provider: SmsProvider, settings: ReminderSettings) -> None:
        self._provider = provider
        self._settings = settings
        self.find_after_ms = provider.find_after_ms

    def host(self, address: ChannelAddress) -> str:  # noqa: ARG002  # one for all
        return self._provider.host

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        if reminder.is_recall:
            return rejected(Concerns.MESSAGE, "a text message can't be recalled")
        variables, template = {"app": sender_name(reminder.sender)}, self._settings.sms_template_reminder
        return await self._provider.send(address.text, template, variables, reminder.sending_id, timeout)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        template = self._settings.sms_template_code
        return await self._provider.send(address.text, template, {"code": code}, "", timeout)

    async def find(
        self,
        reminder: Reminder,
        address: ChannelAddress,
        timeout: float,  # noqa: ASYNC109
    ) -> ReminderResult | None:
        first_try = reminder.first_try or reminder.at
        return await self._provider.find(address.text, reminder.sending_id, first_try, timeout)
