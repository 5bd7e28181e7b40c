"""Permits (授权): a user's consent to messages. A long-term permit is good for any number, every other for one."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from minipush.domain.ids import is_placeholder, is_plain_id
from minipush.domain.permit_rejections import PermitRejectedError, PermitRejection

# WeChat: a formId or prepay_id is good for seven days from the submit or the payment.
LIFE_MS = 7 * 24 * 60 * 60 * 1000
# Longer than a delivery may be repeated, and at least as long as the permit would have lived.
CLAIM_KEPT_MS = LIFE_MS

# The holder of a permit that the user withdrew while it was unclaimed.
WITHDRAWAL = "withdrawn"

# Long enough for every id seen (prepay_ids have 36 characters), short enough for a sort key.
_ID = re.compile(r"[!-~]{1,256}")
# A payment's package is `prepay_id=…`. Clients write it into a template again, or hand over `package=prepay_id=…`.
_PREFIX = re.compile(r"(?:package=|prepay_id=)*")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PermitKind:
    """The rules of one kind of permit. `minipush.domain.permit_kinds` registers the kinds.

    There is one object for each kind: compare with `is`.
    """

    name: str
    """The name in the HTTP contract and, as a rule, in stored keys: lower-case letters."""
    sends: int | None
    """How many messages one grant of the user allows; None: any number."""
    lifetime_ms: int | None
    """How long a permit lives at most; None: until the user or WeChat ends it."""
    is_idempotency_key: bool = False
    """The provider takes a delivery on the permit once, so sending it again cannot reach the user twice."""
    repeatable_ms: int | None = None
    """For so long after a delivery's first try, that is true of an idempotency key; None: for good."""
    used_up_proves_delivery: bool = False
    """After a lost answer, "used up" can only mean that the earlier try arrived."""
    is_reusable: bool = False
    """A delivery doesn't claim the permit. It leaves a marker of its own beside it."""
    names_template: bool = False
    """The permit is good for one template only. The user can withdraw it."""
    known_after_ms: int = 0
    """For so long after it is handed over, the provider may not know the permit yet."""
    is_collected: bool = True
    """Users hand the permit over. False: their profile gives it, and it is no item of its own."""
    stored_as: str = ""
    """The name in stored keys, where it differs: see `minipush.domain.permit_kinds.synced`."""

    @property
    def stored_name(self) -> str:
        return self.stored_as or self.name

    def expiry(self, now: int, asked: int | None = None) -> int | None:
        """When a permit given at `now` expires: at `asked`, but not after its lifetime. All in ms."""
        ends = [] if self.lifetime_ms is None else [now + self.lifetime_ms]
        return min(ends if asked is None else [asked, *ends], default=None)


@dataclass(frozen=True, slots=True)
class Claim:
    """The tie of a permit to the one delivery that spends it. `at` is in ms since the epoch.

    `holder` is `delivery/owner`. The owner is the process that made the claim: a process that was given up for
    dead, but still runs, sees from it that another one has taken over.
    """

    holder: str
    at: int
    invalidated_by: int | None = None
    """The errcode with which the provider refused the permit for good."""
    failed_msgid: str | None = None
    """The msgid of the message sent on it, if WeChat accepted that message and later failed to deliver it."""
    failed_at: int | None = None
    """When WeChat said so (ms). A report without a msgid is known again by it."""
    confirmed_msgid: str | None = None
    """The msgid of the message sent on it, if WeChat said that it arrived. Kept only where that settles a doubt."""
    is_reported_unknown: bool = False
    """The delivery's outcome was `unknown` when it was reported."""

    @property
    def delivery(self) -> str:
        return delivery_of(self.holder)

    @property
    def owner(self) -> str:
        return self.holder.partition("/")[2]

    @property
    def is_withdrawal(self) -> bool:
        """Whether the user withdrew the permit while it was unclaimed. No delivery has this claim."""
        return self.holder == WITHDRAWAL

    @property
    def known_msgid(self) -> str | None:
        """The msgid by which WeChat said later that it had accepted the message."""
        return self.failed_msgid or self.confirmed_msgid

    @property
    def is_in_doubt(self) -> bool:
        """Whether the outcome is unknown to this day."""
        return self.is_reported_unknown and self.known_msgid is None

    @property
    def may_have_delivered(self) -> bool:
        """Whether the claim, as far as is known, led to a message."""
        return self.invalidated_by is None and self.failed_msgid is None


def delivery_of(holder: str) -> str:
    return holder.partition("/")[0]


class Permit(NamedTuple):
    """`use` counts from 1 to `kind.sends`; `expires_at` is in ms since the epoch.

    This is no frozen dataclass, as a campaign reads many for each message: it costs a third of that.
    """

    kind: PermitKind
    id: str
    expires_at: int | None = None
    template_id: str | None = None
    use: int = 1
    claim: Claim | None = None

    def is_live(self, now: int) -> bool:
        return self.claim is None and (self.expires_at is None or self.expires_at > now)

    def is_expired(self, now: int) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def may_be_unknown_yet(self, now: int) -> bool:
        """Whether the permit was handed over so recently that the provider may not know it yet."""
        kind = self.kind
        if not kind.known_after_ms or kind.lifetime_ms is None or self.expires_at is None:
            return False
        return now < self.expires_at - kind.lifetime_ms + kind.known_after_ms

    def is_other_use_of(self, permit: "Permit") -> bool:
        """Whether both are uses of one id, such as the three of a prepay_id."""
        return self.kind is permit.kind and self.id == permit.id and self.use != permit.use

    @property
    def kept_until(self) -> int | None:
        """When it may be deleted (ms). A claim outlives its permit, as a record of what was sent."""
        return self.claim.at + CLAIM_KEPT_MS if self.claim else self.expires_at

    @property
    def stored_identity(self) -> tuple[str, str | None, int, str]:
        return (self.kind.stored_name, self.template_id, self.use, self.id)

    @property
    def order(self) -> tuple[float, str, int]:
        """Sort key: the permit that expires soonest comes first."""
        return (float("inf") if self.expires_at is None else self.expires_at, self.id, self.use)


def without_prefix(text: str) -> str:
    """The id in `prepay_id=…` or `package=prepay_id=…`; other texts stay as they are."""
    return _PREFIX.sub("", text, count=1)


def is_id(text: str) -> bool:
    """Whether WeChat can have made the id. `undefined` and its like only look like one, behind a prefix, too."""
    return _ID.fullmatch(text) is not None and not is_placeholder(without_prefix(text))


def is_client_id(text: str) -> bool:
    """Whether `text` can be an id that a client made: a counter may begin at 0."""
    return is_id(text) or text == "0"


def is_template_id(text: str) -> bool:
    return is_plain_id(text) and not is_placeholder(text)


def check_id(text: str) -> None:
    """Raise PermitRejectedError unless `text` can be the id of a form or a payment."""
    if not is_id(text):
        raise PermitRejectedError(PermitRejection.MALFORMED)
