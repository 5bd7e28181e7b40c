"""Reminders by the official account, to users who follow it."""

from typing import TYPE_CHECKING

from minipush.channels.reminder_channel_type import ReminderChannelType, ReminderClients
from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from minipush.application.ports.reminder_channel import ReminderChannel


def _open(clients: ReminderClients) -> "ReminderChannel":
    from minipush.channels.official_account.channel import OfficialReminderChannel

    settings = clients.reminder_settings
    return OfficialReminderChannel(
        clients.official_client, settings.official_reminder_template, settings.inbox_page
    )


def _is_offered(settings: ReminderSettings) -> bool:
    return bool(settings.official_reminder_template)


OFFICIAL_ACCOUNT = ReminderChannelType(
    kind=ChannelKind.OFFICIAL, is_offered=_is_offered, read_address=None, open=_open
)
