"""Messages and their outcomes."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from minipush.domain.accounts import AccountKind
from minipush.domain.permits import PermitKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MessageType:
    """A type of message. The channel that sends it declares it, and `minipush.channels` registers it.

    There is one object for each type: compare with `is`.
    """

    name: str
    """The name in the HTTP contract."""
    permit_kinds: frozenset[PermitKind]
    """The kinds of permit that a message of this type spends."""
    has_field_rules: bool
    """The provider checks the values of the message's fields: see `minipush.domain.fields`."""
    account: AccountKind = AccountKind.MINI_PROGRAM
    """The account that sends it, and that has its template."""
    shows_emoji: bool = True
    """The user sees the emoji of its fields."""


@dataclass(frozen=True, slots=True)
class MiniProgramLink:
    """Where a message of the official account leads. `appid`: None for the deployment's mini-program."""

    page: str
    appid: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """`data` has WeChat's own shape: `{"keyword1": {"value": "…"}}`.

    `on_unknown="retry"`: after a lost answer, reaching the user twice is better than not at all.
    `checks_values`: whether the values in `data` have to keep the rules of `minipush.domain.fields`.
    `url` and `link` belong to the official account; of both, WeChat prefers `link`.
    """

    type: MessageType
    template_id: str
    page: str | None = None
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    emphasis_keyword: str | None = None
    miniprogram_state: str | None = None
    lang: str | None = None
    essential: bool = False
    on_unknown: Literal["retry"] | None = None
    checks_values: bool = True
    url: str | None = None
    link: MiniProgramLink | None = None


class Status(enum.StrEnum):
    """`unknown`: the answer was lost. The message may have arrived, and another try could reach the user twice."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Reason(enum.StrEnum):
    """Why a message was not sent, or why a campaign paused or failed by itself.

    The values are part of the HTTP contract.
    """

    NO_PERMIT = "no_permit"
    REFUSED = "refused"
    NOT_FOLLOWING = "not_following"
    """The user doesn't follow the official account."""
    NOT_MAPPED = "not_mapped"
    """It isn't known who the user is in the official account."""
    DUPLICATE = "duplicate"
    """WeChat takes the message for a repeat of another one, and has sent nothing."""
    OPTED_OUT = "opted_out"
    QUIET_HOURS = "quiet_hours"
    FREQUENCY_CAP = "frequency_cap"
    INVALID_OPENID = "invalid_openid"
    INVALID_TEMPLATE = "invalid_template"
    INVALID_PAGE = "invalid_page"
    INVALID_DATA = "invalid_data"
    QUOTA = "quota"
    WECHAT_UNAVAILABLE = "wechat_unavailable"
    CONTENT_BLOCKED = "content_blocked"
    OVERDUE = "overdue"
    """Of campaigns only: found more than an hour after the scheduled time, and not started."""
    SENDING_OFF = "sending_off"
    """An operator has switched sending off."""
    UNBOUND = "unbound"
    """Of broadcasts only: the user has ended the binding to the app."""
    RATE_LIMITED = "rate_limited"
    """Of broadcasts only: the app has pushed to the user as often as it may."""
    APP_BANNED = "app_banned"
    """Of broadcasts only: the app is banned, or is no longer registered."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages failed, or why a campaign paused or failed by itself.

    `errmsg` and `rid` are of one of the messages. Their wording differs from message to message, so two causes are
    equal without them.
    """

    reason: Reason
    errcode: int | None = None
    errmsg: str | None = field(default=None, compare=False)
    rid: str | None = field(default=None, compare=False)


class Fault(enum.StrEnum):
    """Why a message was not sent, or is in doubt, if the reason does not concern its user alone."""

    TRANSIENT = "transient"  # it may go later: nothing was accepted, or a repeat can settle the doubt
    ACCOUNT = "account"  # every message of the account would fail: quota, ban, configuration
    CAMPAIGN = "campaign"  # every message of the campaign would fail: its template or page is bad
    LOST_ANSWER = "lost_answer"  # the answer was lost, and nothing can settle the doubt


@dataclass(slots=True)
class Outcome:
    openid: str
    status: Status
    reason: Reason | None = None
    errcode: int | None = None
    permit_kind: PermitKind | None = None
    fault: Fault | None = None
    msgid: int | None = None
    """The provider's number for the message: 64 bits."""
    permits_exhausted: bool = False
    """The provider says that the user has no valid permit left for the template."""
    errmsg: str | None = field(default=None, compare=False)
    """What the provider said with the errcode, for people only: 200 characters at most."""
    rid: str | None = field(default=None, compare=False)
    """The provider's id of the refused request, for its support."""
    at: int | None = field(default=None, compare=False)
    """When the provider answered, or when it was decided that no message goes out (ms)."""

    @property
    def may_be_sent_later(self) -> bool:
        """Whether another process may still send the message: it or the account has to wait."""
        return self.fault in (Fault.TRANSIENT, Fault.ACCOUNT)
