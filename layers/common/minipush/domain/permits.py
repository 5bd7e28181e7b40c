"""Permits (推送码): the right to send one user one message."""

import enum
import re
from dataclasses import dataclass

from minipush.errors import PermitRejectedError, PermitRejection, SubscriptionNotAcceptedError

# WeChat: a formId or prepay_id is good for seven days from the submit or the payment.
LIFE_MS = 7 * 24 * 60 * 60 * 1000
USES_OF_A_PREPAY_ID = 3
# WeChat's errcode: the user accepted nothing of this template that is left, or has withdrawn it.
NOTHING_LEFT = 43101
# Longer than a delivery may be repeated, and never shorter than the permit had left.
CLAIM_KEPT_MS = LIFE_MS

# Long enough for every id seen (prepay_ids have 36 characters), short enough for a sort key.
_ID = re.compile(r"[!-~]{1,256}")
_TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class PermitKind(enum.StrEnum):
    FORM = "form"
    PAY = "pay"
    ONCE = "once"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Claim:
    """A permit's tie to the one delivery that it was taken for. `at` is in ms since the epoch.

    `holder` is `delivery/carrier`: the process that took it, so that one which was taken for dead and goes on
    all the same finds itself out.
    """

    holder: str
    at: int
    invalidated_by: int | None = None
    """The errcode with which WeChat refused the permit for good."""
    failed_msgid: str | None = None
    """The msgid of the message that went out on it, where WeChat took that and then could not deliver it."""

    @property
    def delivery(self) -> str:
        return delivery_of(self.holder)

    @property
    def owner(self) -> str:
        return self.holder.partition("/")[2]

    @property
    def brought_a_message(self) -> bool:
        """As far as is known."""
        return self.invalidated_by is None and self.failed_msgid is None


def delivery_of(holder: str) -> str:
    return holder.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Permit:
    """`use` counts 1 to 3 for a prepay_id; `expires_at` is in ms since the epoch."""

    kind: PermitKind
    id: str
    expires_at: int | None = None
    template_id: str | None = None
    use: int = 1
    claim: Claim | None = None

    def is_live(self, now: int) -> bool:
        return self.claim is None and not self.is_expired(now)

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    @property
    def kept_until(self) -> int | None:
        """When it may be forgotten (ms): a claim outlives its permit, as proof of what was sent."""
        return self.claim.at + CLAIM_KEPT_MS if self.claim else self.expires_at

    @property
    def order(self) -> tuple[float, str, int]:
        """Soonest to expire first."""
        return (float("inf") if self.expires_at is None else self.expires_at, self.id, self.use)


def form_permits(form_id: str, expires_at: int | None, now: int) -> list[Permit]:
    """The permit in a formId, its expiry capped at seven days from now.

    Raises PermitRejectedError. The developer tools hand out `the formId is a mock one`; a form that could not
    confirm its id hands out `requestFormId:fail …`.
    """
    if not form_id or form_id == "the formId is a mock one" or form_id.startswith("requestFormId:fail"):
        raise PermitRejectedError(PermitRejection.MOCK_FORM_ID)
    _check(_ID, form_id)
    latest = now + LIFE_MS
    expiry = latest if expires_at is None else min(expires_at, latest)
    if expiry <= now:
        raise PermitRejectedError(PermitRejection.EXPIRED)
    return [Permit(PermitKind.FORM, form_id, expiry)]


def pay_permits(prepay_id: str, now: int) -> list[Permit]:
    """The three permits in a prepay_id, bare or as `prepay_id=…` of the payment package."""
    bare = prepay_id.removeprefix("prepay_id=")
    _check(_ID, bare)
    return [Permit(PermitKind.PAY, bare, now + LIFE_MS, use=n + 1) for n in range(USES_OF_A_PREPAY_ID)]


def subscription_permits(id_: str, template_id: str, result: str, *, long_term: bool) -> list[Permit]:
    """The permit in what wx.requestSubscribeMessage answered for one template."""
    if result not in ("accept", "acceptWithAudio", "acceptWithAlert"):
        raise SubscriptionNotAcceptedError(id_, template_id, result)
    _check(_ID, id_)
    _check(_TEMPLATE_ID, template_id)
    if long_term:
        return [Permit(PermitKind.LONG, "", template_id=template_id)]
    return [Permit(PermitKind.ONCE, id_, template_id=template_id)]


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def is_template_id(text: str) -> bool:
    return _TEMPLATE_ID.fullmatch(text) is not None


def _check(pattern: re.Pattern[str], text: str) -> None:
    if not pattern.fullmatch(text):
        raise PermitRejectedError(PermitRejection.MALFORMED)
