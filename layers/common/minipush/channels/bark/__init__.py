"""Bark: pushes to an iPhone, through its public server or one that the operator allows."""

from typing import TYPE_CHECKING

from minipush.channels.reminder_channel_type import ReminderChannelType, ReminderClients
from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from minipush.channels.bark.channel import BarkChannel


def _open(clients: ReminderClients) -> "BarkChannel":
    from minipush.channels.bark.channel import BarkChannel
    from minipush.channels.bark.servers import BarkServers

    return BarkChannel(BarkServers.from_settings(clients.reminder_settings))


def _read_address(settings: ReminderSettings, text: str) -> str:
    from minipush.channels.bark.servers import BarkServers

    return BarkServers.from_settings(settings).read_address(text)


BARK = ReminderChannelType(
    kind=ChannelKind.BARK,
    is_offered=lambda settings: bool(settings.bark_api_base),
    read_address=_read_address,
    open=_open,
)
