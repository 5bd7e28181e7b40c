"""Messages, and what becomes of them."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from minipush.domain.permits import PermitKind


class MessageType(enum.StrEnum):
    TEMPLATE = "template"
    SUBSCRIBE = "subscribe"

    @property
    def kinds(self) -> frozenset[PermitKind]:
        """The kinds of permit that a message of this type spends."""
        return _SPENDS[self]


_SPENDS = {
    MessageType.TEMPLATE: frozenset({PermitKind.FORM, PermitKind.PAY}),
    MessageType.SUBSCRIBE: frozenset({PermitKind.ONCE, PermitKind.LONG}),
}


@dataclass(frozen=True, slots=True)
class Message:
    """`data` is WeChat's own shape: `{"keyword1": {"value": "…"}}`.

    `on_unknown`: where an answer was lost, `retry` would rather reach twice than not at all.
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


class Status(enum.StrEnum):
    """`unknown`: WeChat may have taken it. The answer never came, and trying again could reach twice."""

    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Reason(enum.StrEnum):
    """Why a message was not sent; the values are part of the HTTP contract."""

    NO_PERMIT = "no_permit"
    REFUSED = "refused"
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


class Fault(enum.StrEnum):
    """What a message met that is not about its user."""

    PASSING = "passing"  # not now: nothing was taken, or in doubt and to be settled, and later it may go
    ACCOUNT = "account"  # every message of the account would meet it: quota, ban, configuration
    CAMPAIGN = "campaign"  # every message of the campaign would: the template, the page
    LOST = "lost"  # the answer never came, and nothing can settle it


@dataclass(frozen=True, slots=True)
class Outcome:
    openid: str
    status: Status
    reason: Reason | None = None
    errcode: int | None = None
    permit_kind: PermitKind | None = None
    fault: Fault | None = None
    msgid: int | None = None
    """WeChat's own number for what it took: 64 bits."""
