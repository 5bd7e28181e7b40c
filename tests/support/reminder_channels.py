"""The channels of reminders, each with the server that stands for its provider."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local.providers.providers import Providers
from local.providers.state import ProvidersOptions
from minipush.application.ports.reminder_channel import ReminderChannel, ReminderResult
from minipush.channels.reminder_settings import ReminderSettings
from minipush.channels.reminders import REMINDER_CHANNELS
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder

NAMES = ("bark", "smtp", "aliyun", "tencent")
BARK_KEY = "aBarkKeyOf22Characters"
MAIL_FROM = "小推送 <notice@minipush.example>"
NUMBER = "13800138000"
MESSAGE_ID = "0d4f5g6h7j" + "k1l2m3n4o5" + "abcdefghij23"


@dataclass
class Clients:
    """What the container gives to the channels."""

    reminder_settings: ReminderSettings
    secret: Mapping[str, str]
    ses: Any = None
    official_client: Any = None
    send_messages: Any = None

    def channel_secret(self) -> Mapping[str, str]:
        return self.secret


@dataclass
class ChannelCase:
    """`to`: the address as the provider's server knows it. `dead`, `busy`, `account`: faults with these meanings."""

    name: str
    providers: Providers
    channel: ReminderChannel
    address: ChannelAddress
    to: str
    dead: dict[str, Any]
    busy: dict[str, Any]
    account: dict[str, Any]
    loop: asyncio.Runner = field(default_factory=asyncio.Runner)

    def send(self, sent: Reminder | None = None, timeout: float = 5.0) -> ReminderResult:
        return self.loop.run(self.channel.send(sent or reminder(), self.address, timeout))

    def send_code(self, code: str) -> ReminderResult:
        return self.loop.run(self.channel.send_code(code, self.address, 5.0))

    def find(self, sent: Reminder) -> ReminderResult | None:
        return self.loop.run(self.channel.find(sent, self.address, 5.0))

    def fault(self, action: str, **fields: Any) -> None:
        self.providers.control.fault(action, provider=self.name, **fields)

    def shown(self) -> list[dict[str, Any]]:
        return self.providers.control.shown(provider=self.name, to=self.to)

    def close(self) -> None:
        close = getattr(self.channel, "aclose", None)
        if close:
            self.loop.run(close())
        self.loop.close()


def reminder(**changed: Any) -> Reminder:
    given: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "sender": "天气小助手",
        "title": "暴雨预警",
        "body": "今晚八点前后有暴雨，请关窗。",
        "at": int(time.time() * 1000),
    }
    return Reminder(**(given | changed))


def settings_for(providers: Providers, sms: str = "aliyun", **changed: Any) -> ReminderSettings:
    options = providers.options.sms
    given: dict[str, Any] = {
        "bark_api_base": providers.urls.bark,
        "allows_loopback": True,
        "mail_from": MAIL_FROM,
        "sms_provider": sms,
        "sms_api_base": providers.urls.sms,
        "sms_sign_name": options.sign_name,
        "sms_sdk_app_id": options.sdk_app_id,
        "sms_template_code": "SMS_CODE",
        "sms_template_reminder": "SMS_REMINDER",
    }
    return ReminderSettings(**(given | changed))


def secret_for(providers: Providers) -> dict[str, str]:
    options = providers.options.sms
    return {
        "smtp_url": providers.urls.smtp,
        "sms_key_id": options.key_id,
        "sms_key_secret": options.key_secret,
    }


def open_channel(
    kind: ChannelKind, settings: ReminderSettings, secret: Mapping[str, str], ses: Any = None
) -> ReminderChannel:
    return REMINDER_CHANNELS[kind].open(Clients(settings, secret, ses))


@contextmanager
def quiet_providers(**options: Any) -> Iterator[Providers]:
    """They print nothing."""
    with Providers(ProvidersOptions(say=lambda _line: None, **options)) as providers:
        yield providers


def channel_case(name: str, providers: Providers) -> ChannelCase:
    made = {"bark": _bark, "smtp": _smtp, "aliyun": _sms, "tencent": _sms}[name](name, providers)
    return ChannelCase(name=name, providers=providers, **made)


def _bark(_name: str, providers: Providers) -> dict[str, Any]:
    providers.control.add_device(BARK_KEY)
    return {
        "channel": open_channel(ChannelKind.BARK, settings_for(providers), {}),
        "address": ChannelAddress(ChannelKind.BARK, BARK_KEY),
        "to": BARK_KEY,
        "dead": {"action": "refuse", "code": "Unregistered"},
        "busy": {"action": "refuse", "code": "TooManyRequests"},
        "account": {"action": "answer", "status": 418, "text": "I'm a teapot"},
    }


def _smtp(_name: str, providers: Providers) -> dict[str, Any]:
    to = "anna@example.com"
    return {
        "channel": open_channel(ChannelKind.EMAIL, settings_for(providers), secret_for(providers)),
        "address": ChannelAddress(ChannelKind.EMAIL, to),
        "to": to,
        "dead": {"action": "refuse", "code": "550", "phase": "rcpt"},
        "busy": {"action": "refuse", "code": "451", "phase": "rcpt"},
        "account": {"action": "refuse", "code": "535", "phase": "mail"},
    }


def _sms(name: str, providers: Providers) -> dict[str, Any]:
    codes = {
        "aliyun": ("isv.MOBILE_NUMBER_ILLEGAL", "isp.SYSTEM_ERROR", "isv.OUT_OF_SERVICE"),
        "tencent": (
            "FailedOperation.PhoneNumberInBlacklist",
            "RequestLimitExceeded",
            "FailedOperation.InsufficientBalanceInSmsPackage",
        ),
    }[name]
    dead, busy, account = ({"action": "refuse", "code": code} for code in codes)
    return {
        "channel": open_channel(ChannelKind.SMS, settings_for(providers, name), secret_for(providers)),
        "address": ChannelAddress(ChannelKind.SMS, f"+86{NUMBER}"),
        "to": NUMBER,
        "dead": dead,
        "busy": busy,
        "account": account,
    }
