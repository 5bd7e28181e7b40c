"""What the deployment says about the channels of reminders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

PUBLIC_BARK: Final = "https://api.day.app"
# A stack on one machine sets it for all its functions. The template has no such variable.
ALLOW_LOOPBACK: Final = "MINIPUSH_ALLOW_LOOPBACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSettings:
    """`bark_api_base` stands for Bark's public server. `bark_hosts`: other servers that users may name; `*`: any.

    `mail_configuration_set`: of SES, which tells of bounces and complaints. `allows_loopback`: servers on this machine may be named, as on a developer's machine.
    `inbox_page`: where reminders inside WeChat lead. Empty texts: the provider's own address, or a channel that is not offered.
    """

    bark_api_base: str = PUBLIC_BARK
    bark_hosts: tuple[str, ...] = ()
    allows_loopback: bool = False
    mail_from: str = ""
    mail_provider: Literal["smtp", "ses"] = "smtp"
    mail_configuration_set: str = ""
    sms_provider: Literal["", "aliyun", "tencent"] = ""
    sms_api_base: str = ""
    sms_sign_name: str = ""
    sms_sdk_app_id: str = ""
    sms_template_code: str = ""
    sms_template_reminder: str = ""
    official_reminder_template: str = ""
    subscribe_reminder_template: str = ""
    inbox_page: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """A function has the settings of its own channels. Raises ValueError for a value that is wrong."""
        hosts = environment.get("BARK_HOSTS", "").split(",")
        return cls(
            bark_api_base=environment.get("BARK_API_BASE", ""),
            bark_hosts=tuple(host.strip() for host in hosts if host.strip()),
            allows_loopback=environment.get(ALLOW_LOOPBACK) == "yes",
            mail_from=environment.get("MAIL_FROM", ""),
            mail_provider=_mail_provider(environment.get("MAIL_PROVIDER", "smtp")),
            mail_configuration_set=environment.get("MAIL_CONFIGURATION_SET", ""),
            sms_provider=_sms_provider(environment.get("SMS_PROVIDER", "")),
            sms_api_base=environment.get("SMS_API_BASE", ""),
            sms_sign_name=environment.get("SMS_SIGN_NAME", ""),
            sms_sdk_app_id=environment.get("SMS_SDK_APP_ID", ""),
            sms_template_code=environment.get("SMS_TEMPLATE_CODE", ""),
            sms_template_reminder=environment.get("SMS_TEMPLATE_REMINDER", ""),
            official_reminder_template=environment.get("OFFICIAL_REMINDER_TEMPLATE", ""),
            subscribe_reminder_template=environment.get("SUBSCRIBE_REMINDER_TEMPLATE", ""),
            inbox_page=environment.get("INBOX_PAGE", ""),
        )


def _mail_provider(text: str) -> Literal["smtp", "ses"]:
    if text == "smtp":
        return "smtp"
    if text == "ses":
        return "ses"
    raise ValueError(f"MAIL_PROVIDER={text} is neither smtp nor ses")


def _sms_provider(text: str) -> Literal["", "aliyun", "tencent"]:
    if text == "aliyun":
        return "aliyun"
    if text == "tencent":
        return "tencent"
    if not text:
        return ""
    raise ValueError(f"SMS_PROVIDER={text} is neither aliyun nor tencent")
