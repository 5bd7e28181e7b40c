"""What a channel of reminders registers. Importing this module is cheap: it loads no client library."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from minipush.channels.reminder_settings import ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

    from minipush.application.delivery.send_messages import SendMessages
    from minipush.application.ports.reminder_channel import ReminderChannel
    from minipush.channels.channel_type import OfficialAccountClient


class ReminderClients(Protocol):
    """What the channels of reminders are made from. Each is made on first use.

    `channel_secret`: `smtp_url`, `sms_key_id`, `sms_key_secret`; read before each use, as the secret may change.
    """

    @property
    def reminder_settings(self) -> ReminderSettings: ...

    @property
    def channel_secret(self) -> Callable[[], Mapping[str, str]]: ...

    @property
    def ses(self) -> "SESV2Client": ...

    @property
    def official_client(self) -> "OfficialAccountClient | None": ...

    @property
    def send_messages(self) -> "SendMessages": ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReminderChannelType:
    """A way to remind users. `is_offered`: whether the deployment has what it needs.

    `read_address`: what a user has typed, as it's stored. It raises ValueError, with a text that is fit for users, for
    what is no address or one that the deployment doesn't allow. None: the user names no address.
    """

    kind: ChannelKind
    is_offered: Callable[[ReminderSettings], bool]
    read_address: Callable[[ReminderSettings, str], str] | None
    open: "Callable[[ReminderClients], ReminderChannel]"
