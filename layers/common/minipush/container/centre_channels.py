"""Builders of the channels of reminders."""

import os
from functools import cache
from typing import TYPE_CHECKING

from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_sesv2 import SESV2Client

    from minipush.application.delivery.send_messages import SendMessages
    from minipush.application.ports.reminder_channel import ReminderChannel
    from minipush.channels.channel_type import OfficialAccountClient
    from minipush.channels.reminder_settings import ReminderSettings
    from minipush.container.message_centre import MessageCentre
    from minipush.domain.centre.reminders import ChannelKind

# A repeat could be a second mail.
SES_CALLS = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=10,
)


def reminder_settings(_: "MessageCentre") -> "ReminderSettings":
    """Raises ValueError for an environment that is wrong."""
    from minipush.channels.reminder_settings import ReminderSettings

    return ReminderSettings.read(os.environ)


def channel_secret(m: "MessageCentre") -> "Callable[[], Mapping[str, str]]":
    """Read before each use: the secret may change."""
    from minipush.settings import own_setting

    return lambda: m.container.secrets.read(own_setting(os.environ, "CHANNEL_SECRET_ARN"))


def ses(m: "MessageCentre") -> "SESV2Client":
    return m.container.aws_session.client("sesv2", config=SES_CALLS)


def reminder_channel(m: "MessageCentre") -> "Callable[[ChannelKind], ReminderChannel | None]":
    """None: the deployment doesn't offer that kind. Each is opened by its first use."""
    from minipush.channels.reminders import REMINDER_CHANNELS

    @cache
    def find(kind: "ChannelKind") -> "ReminderChannel | None":
        channel = REMINDER_CHANNELS.get(kind)
        return channel.open(m) if channel and channel.is_offered(m.reminder_settings) else None

    return find


def official_client(m: "MessageCentre") -> "OfficialAccountClient | None":
    return m.container.official_client


def send_messages(m: "MessageCentre") -> "SendMessages":
    return m.container.send_messages


def read_channel_address(m: "MessageCentre") -> "Callable[[ChannelKind, str], str]":
    """What a user has typed, as it's stored. The callable raises ValueError with a text for the user."""
    from minipush.channels.reminders import REMINDER_CHANNELS

    def read(kind: "ChannelKind", text: str) -> str:
        channel = REMINDER_CHANNELS.get(kind)
        if channel is None or channel.read_address is None:
            raise ValueError("this channel takes no address")
        return channel.read_address(m.reminder_settings, text)

    return read
