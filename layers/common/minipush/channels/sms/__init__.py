"""Text messages to numbers of mainland China, by Aliyun or Tencent."""

from typing import TYPE_CHECKING

from minipush.channels.reminder_channel_type import ReminderChannelType, ReminderClients
from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from minipush.channels.sms.channel import SmsChannel


def _open(clients: ReminderClients) -> "SmsChannel":
    from minipush.channels.sms.account import SmsAccount
    from minipush.channels.sms.aliyun import AliyunSms
    from minipush.channels.sms.channel import SmsChannel
    from minipush.channels.sms.tencent import TencentSms

    settings = clients.reminder_settings
    account = SmsAccount(settings, clients.channel_secret)
    provider = AliyunSms(account) if settings.sms_provider == "aliyun" else TencentSms(account)
    return SmsChannel(provider, settings)


def _is_offered(settings: ReminderSettings) -> bool:
    return bool(settings.sms_provider)


def _read_address(_settings: ReminderSettings, text: str) -> str:
    from minipush.channels.sms.numbers import read_number

    return read_number(text)


SMS = ReminderChannelType(
    kind=ChannelKind.SMS, is_offered=_is_offered, read_address=_read_address, open=_open
)
