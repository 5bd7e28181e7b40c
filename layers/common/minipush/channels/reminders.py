"""The channels of reminders. A new one is a folder here and an entry in REMINDER_CHANNELS.

Importing this package is cheap: a channel loads its client with its first reminder.
"""

from collections.abc import Mapping

from minipush.channels.bark import BARK
from minipush.channels.email import EMAIL
from minipush.channels.official_account import OFFICIAL_ACCOUNT
from minipush.channels.reminder_channel_type import ReminderChannelType
from minipush.channels.sms import SMS
from minipush.channels.subscription import SUBSCRIPTION
from minipush.domain.centre.reminders import ChannelKind

REMINDER_CHANNELS: Mapping[ChannelKind, ReminderChannelType] = {
    channel.kind: channel for channel in (BARK, EMAIL, SMS, OFFICIAL_ACCOUNT, SUBSCRIPTION)
}
