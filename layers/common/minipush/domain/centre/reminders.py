"""Reminders: what tells a user, by a channel outside WeChat's inbox page, that a message has arrived."""

import enum
from dataclasses import dataclass

from minipush.domain.centre.message_ids import id_at


class ChannelKind(enum.StrEnum):
    """The ways to remind a user. The values are part of the HTTP contract."""

    BARK = "bark"
    EMAIL = "email"
    SMS = "sms"
    OFFICIAL = "official"
    SUBSCRIBE = "subscribe"


class ReminderQueueName(enum.StrEnum):
    """Each has a queue, a dead-letter queue and a function of its own, so that a provider that hangs delays no other."""

    BARK = "bark"
    EMAIL = "email"
    SMS = "sms"
    WECHAT = "wechat"


def queue_of(kind: ChannelKind) -> ReminderQueueName:
    """Both of WeChat's channels share a queue."""
    is_wechat = kind in (ChannelKind.OFFICIAL, ChannelKind.SUBSCRIBE)
    return ReminderQueueName.WECHAT if is_wechat else ReminderQueueName(kind.value)


class BarkCipher(enum.StrEnum):
    """The modes of AES that Bark's app knows. The values are part of the HTTP contract."""

    CBC = "cbc"
    GCM = "gcm"
    ECB = "ecb"


class ReminderStatus(enum.StrEnum):
    """QUEUED, CLAIMED and WAITING are under way; the others are final, and part of the HTTP contract."""

    QUEUED = "queued"
    CLAIMED = "claimed"  # a worker may be sending
    WAITING = "waiting"  # the channel was busy: the same one is tried again
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        return self in (self.SENT, self.FAILED, self.SKIPPED, self.UNKNOWN)


class ReminderReason(enum.StrEnum):
    """Why a reminder was not sent. The values are part of the HTTP contract."""

    WEAK = "weak"
    DO_NOT_DISTURB = "do_not_disturb"
    QUIET_HOURS = "quiet_hours"
    UNBOUND = "unbound"
    APP_BANNED = "app_banned"
    APP_HELD = "app_held"
    NO_CHANNEL = "no_channel"
    CHANNEL_DEAD = "channel_dead"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_LIMIT = "provider_limit"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    TOO_LONG = "too_long"
    EXPIRED = "expired"
    CONTENT_BLOCKED = "content_blocked"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderState:
    """How far a reminder has got.

    `until`: after that (ms) nobody is reminded any more. `channel`: the one that is or was tried last. `tried`: the
    channels that are done with, in order; `in_doubt`: those of them that may have reached the user all the same.
    `owner`: whoever claimed it last. `lease_until` (ms): until then the owner may be sending or, of a waiting reminder,
    nobody tries. `tries`: of `channel`. `first_try`: the first of them that the provider may have accepted (ms).
    `finds`: how often the provider was asked what became of it. `provider_id`: the provider's id of the message that it
    accepted. `official_try`: the first try by the official account, if that one is in doubt and another channel has its
    turn (ms). `late_report`: which of WeChat's reports of a late failure was about this reminder.
    """

    status: ReminderStatus
    until: int
    channel: ChannelKind | None = None
    tried: tuple[ChannelKind, ...] = ()
    in_doubt: tuple[ChannelKind, ...] = ()
    owner: str | None = None
    lease_until: int = 0
    first_try: int | None = None
    tries: int = 0
    finds: int = 0
    reason: ReminderReason | None = None
    provider_id: str | None = None
    official_try: int | None = None
    late_report: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """What a channel sends. `title` and `body` hold the sender's name alone where the text is not checked.

    `message_id`: 32 letters and digits, the same through all channels and tries. `sender`: the name that the user
    knows. `unsubscribe_url`: where a mail program may mute the sender. `is_repeat`: an earlier try of this channel may
    have been accepted, at `first_try` (ms).
    """

    message_id: str
    sender: str
    title: str
    body: str
    at: int
    markdown: str | None = None
    url: str | None = None
    copy: str | None = None
    group: str | None = None
    is_recall: bool = False
    is_repeat: bool = False
    first_try: int | None = None
    unsubscribe_url: str | None = None

    @property
    def sending_id(self) -> str:
        """The same through all tries, but another one for a message that takes the place of an earlier one.

        For providers that drop a repeat, or are asked about one.
        """
        return id_at(self.message_id, self.at)


@dataclass(frozen=True, slots=True)
class ChannelAddress:
    """Where a channel reaches a user. `text`: a push URL, a mail address, a number in E.164, or an openid.

    `encryption_key`: of Bark, 16, 24 or 32 characters of ASCII. `cipher`: of Bark, where there is a key. `once`: of Bark,
    the user would rather miss a reminder than hear two.
    """

    kind: ChannelKind
    text: str
    encryption_key: str | None = None
    cipher: BarkCipher = BarkCipher.CBC
    once: bool = False
