"""E-mail, by SMTP or by Amazon SES."""

from typing import TYPE_CHECKING

from minipush.channels.reminder_channel_type import ReminderChannelType, ReminderClients
from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from minipush.channels.email.channel import EmailChannel


def _open(clients: ReminderClients) -> "EmailChannel":
    from minipush.channels.email.channel import EmailChannel

    settings = clients.reminder_settings
    if settings.mail_provider == "ses":
        from minipush.channels.email.ses import SesPostbox

        postbox = SesPostbox(lambda: clients.ses, settings.mail_configuration_set)
        return EmailChannel(settings.mail_from, postbox)
    from minipush.channels.email.smtp import SmtpPostbox

    return EmailChannel(settings.mail_from, SmtpPostbox(lambda: clients.channel_secret().get("smtp_url", "")))


def _read_address(_settings: ReminderSettings, text: str) -> str:
    from minipush.channels.email.addresses import read_address

    return read_address(text)


EMAIL = ReminderChannelType(
    kind=ChannelKind.EMAIL,
    is_offered=lambda settings: bool(settings.mail_from),
    read_address=_read_address,
    open=_open,
)
