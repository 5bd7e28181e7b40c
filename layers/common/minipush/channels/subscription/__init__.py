"""Reminders as subscription messages of the mini-program. Each spends an accept of the template."""

from typing import TYPE_CHECKING

from minipush.channels.reminder_channel_type import ReminderChannelType, ReminderClients
from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from minipush.application.ports.reminder_channel import ReminderChannel


def _open(clients: ReminderClients) -> "ReminderChannel":
    from minipush.channels.subscription.channel import SubscriptionReminderChannel

    settings = clients.reminder_settings
    return SubscriptionReminderChannel(
        clients.send_messages, settings.subscribe_reminder_template, settings.inbox_page
    )


def _is_offered(settings: ReminderSettings) -> bool:
    return bool(settings.subscribe_reminder_template)


SUBSCRIPTION = ReminderChannelType(
    kind=ChannelKind.SUBSCRIBE, is_offered=_is_offered, read_address=None, open=_open
)
