"""The message centre of a local stack: what `make run` takes from the environment, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

PARAMETERS = {
    "BARK_API_BASE": "BarkApiBase", "BARK_HOSTS": "BarkHosts", "MAIL_PROVIDER": "MailProvider", "MAIL_FROM": "MailFrom",
    "SMS_PROVIDER": "SmsProvider", "SMS_API_BASE": "SmsApiBase", "SMS_SDK_APP_ID": "SmsSdkAppId",
    "SMS_SIGN_NAME": "SmsSignName", "SMS_TEMPLATE_CODE": "SmsTemplateCode", "SMS_TEMPLATE_REMINDER": "SmsTemplateReminder",
    "SUBSCRIBE_REMINDER_TEMPLATE": "SubscribeReminderTemplate", "TEXT_CHECK_UNDER": "TextCheckUnder",
    "INBOX_PAGE": "InboxPage",
}  # fmt: skip
# Of the kit's example, whose phones the stack's own simulator plays.
EXAMPLE_INBOX = "pages/inbox/index"
SECRETS = {"SMTP_URL": "smtp_url", "SMS_KEY_ID": "sms_key_id", "SMS_KEY_SECRET": "sms_key_secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreStack:
    """`parameters` of the template, and the values of the ChannelSecret, as far as they are given."""

    is_on: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ValueError for a MESSAGE_CENTRE that is neither on nor off."""
        switch = environment.get("MESSAGE_CENTRE") or "off"
        if switch not in {"on", "off"}:
            raise ValueError(f"MESSAGE_CENTRE={switch}: must be on or off")
        parameters, secret = (
            {name: environment[variable] for variable, name in names.items() if environment.get(variable)}
            for names in (PARAMETERS, SECRETS)
        )
        if not environment.get("WECHAT_API_BASE"):
            parameters = {"InboxPage": EXAMPLE_INBOX, **parameters}
        return cls(is_on=switch == "on", parameters=parameters, secret=secret)

    def template_parameters(self, api_url: str) -> dict[str, str]:
        """Nothing of the centre where it is off, so that a variable that is set by chance changes nothing."""
        if not self.is_on:
            return {}
        return {"MessageCentre": "on", "PublicUrl": api_url, **self.parameters}
