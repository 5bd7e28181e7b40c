"""Pushes: what a sender hands over for a user, and what became of it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from minipush.domain.centre.inbox import Content, Level, Sender
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.reminders import ChannelKind, ReminderReason

# For so long a user is reminded of a message, unless the sender wants less or more.
REMINDED_MS = 60 * 60 * 1000


class PushStatus(enum.StrEnum):
    """The values are part of the HTTP contract."""

    STORED = "stored"
    SKIPPED = "skipped"
    FAILED = "failed"


class PushReason(enum.StrEnum):
    """Why a push was not stored. The values are part of the HTTP contract."""

    UNBOUND = "unbound"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    RATE_LIMITED = "rate_limited"
    CONTENT_BLOCKED = "content_blocked"
    KEY_PAUSED = "key_paused"
    KEY_EXPIRED = "key_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """`level`: at most that of the user. `ref`: the sender's own id of the message, which replaces an earlier one.

    `reminded_ms`: for so long the user is reminded. `kept_ms`: for so long the message is kept.
    """

    content: Content
    level: Level | None = None
    ref: str | None = None
    reminded_ms: int = REMINDED_MS
    kept_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PushLimits:
    """How much one sender may push: requests a second, messages to one user, and broadcasts."""

    per_second: int = 10
    to_user_per_hour: int = 60
    to_user_per_day: int = 200
    broadcasts_per_day: int = 10


USUAL_LIMITS = PushLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A user who lets the sender push. `key_ref`: of the binding's key, or of the personal key.

    `channels`: the verified ones that the user wants to be reminded by, in the user's order. `do_not_disturb`: the
    user's own, and that of the sender. `held`: why the sender may not remind at present. `limits`: of the sender.
    """

    openid: str
    key_ref: str
    sender: Sender
    level: Level
    channels: Sequence[ChannelKind] = ()
    do_not_disturb: Sequence[DoNotDisturb] = ()
    held: ReminderReason | None = None
    limits: PushLimits = USUAL_LIMITS

    def rule_against_reminding(self, now: int) -> ReminderReason | None:
        if self.held:
            return self.held
        if any(rule.covers(now) for rule in self.do_not_disturb):
            return ReminderReason.DO_NOT_DISTURB
        return None if self.channels else ReminderReason.NO_CHANNEL


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """`retry_seconds`: with RATE_LIMITED, until the sender may push to the user again."""

    status: PushStatus
    message_id: str | None = None
    reason: PushReason | None = None
    retry_seconds: int | None = None

    @classmethod
    def skipped(cls, reason: PushReason, retry_seconds: int | None = None) -> "PushOutcome":
        return cls(PushStatus.SKIPPED, None, reason, retry_seconds)
