"""A user: settings, permits and refusals of templates."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, time
from operator import attrgetter
from typing import TYPE_CHECKING

from minipush.domain.blanks import trimmed
from minipush.domain.ids import is_placeholder, is_plain_id
from minipush.domain.permits import Claim, Permit, PermitKind

if TYPE_CHECKING:
    from minipush.domain.follower import Follower
    from minipush.domain.template_refusals import TemplateRefusal

# Of one user.
MAX_TAGS = 50
# Whatever WeChat may make. Its own have 32 letters and digits.
_LOGIN_CODE = re.compile(r"[!-~]{1,128}")


def is_openid(text: str) -> bool:
    """Whether `text` can be an openid. WeChat's have 28 characters, but it doesn't promise that length."""
    return is_plain_id(text) and not is_placeholder(text)


def is_login_code(text: str) -> bool:
    """Whether `text` can come from wx.login. WeChat promises no length and no alphabet."""
    return _LOGIN_CODE.fullmatch(text) is not None


def normalized_tag(text: str) -> str:
    """The tag in `text`: trimmed and in NFC, so that what looks the same is the same."""
    return unicodedata.normalize("NFC", trimmed(text))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` to `end` on the clock of `timezone` (an IANA name). `end` may be on the next day."""

    start: time
    end: time
    timezone: str

    def cover(self, now: int) -> bool:
        # Many processes never meet quiet hours.
        from zoneinfo import ZoneInfo  # noqa: PLC0415

        return self.include(
            datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(self.timezone)).time()
        )

    def include(self, local: time) -> bool:
        """`local` is a time on the clock of `timezone`."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class UserSettings:
    opt_out: bool = False
    quiet_hours: QuietHours | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    settings: UserSettings = UserSettings()
    permits: tuple[Permit, ...] = ()
    template_refusals: "tuple[TemplateRefusal, ...]" = ()
    last_seen: int | None = None
    """The last log-in (ms), to within ten minutes."""
    follower: "Follower | None" = None
    """The user in the official account; None if they are not known to have followed it."""

    def live(self, now: int) -> list[Permit]:
        """The live permits that were handed over."""
        return [permit for permit in self.permits if permit.kind.is_collected and permit.is_live(now)]

    def fitting(self, kinds: frozenset[PermitKind], template_id: str, now: int) -> list[Permit]:
        """Live permits for a message of this template, unordered."""
        return [
            permit
            for permit in self.permits
            if permit.kind in kinds and permit.template_id in (None, template_id) and permit.is_live(now)
        ]

    def can_get(self, kinds: frozenset[PermitKind], template_id: str, now: int) -> bool:
        """Whether any permit fits. A campaign asks for every user of the table."""
        for permit in self.permits:
            if permit.kind in kinds and permit.template_id in (None, template_id) and permit.is_live(now):
                return True
        return False

    def spendable(self, kinds: frozenset[PermitKind], template_id: str, now: int) -> list[Permit]:
        """Live permits for a message of this template, soonest to expire first."""
        return sorted(self.fitting(kinds, template_id, now), key=attrgetter("order"))

    def messages_since(self, then: int) -> int:
        """Count the deliveries that spent a permit after `then` (ms), which is a week ago at most."""
        return sum(
            permit.claim is not None and permit.claim.may_have_delivered and permit.claim.at > then
            for permit in self.permits
        )

    def was_reached_by(self, kind: PermitKind) -> bool:
        """Whether, as far as is known, a permit of this kind led to a message within the last week."""
        return any(
            permit.claim is not None and permit.claim.may_have_delivered
            for permit in self.permits
            if permit.kind is kind
        )

    def was_claimed_by(self, delivery: str) -> bool:
        """Whether the delivery has ever claimed one of this user's permits."""
        return any(permit.claim and permit.claim.delivery == delivery for permit in self.permits)

    def claimed_for(self, delivery: str) -> list[Permit]:
        """Permits that earlier tries of this delivery left claimed, in doubt. The last claim comes first."""
        in_doubt = [
            (permit.claim.at, permit)
            for permit in self.permits
            if permit.claim and permit.claim.invalidated_by is None and permit.claim.delivery == delivery
        ]
        return [permit for _, permit in sorted(in_doubt, key=lambda entry: entry[0], reverse=True)]

    def spent_on(self, template_id: str, until: int) -> list[tuple[Permit, Claim]]:
        """Claimed permits on which a message of this template may have gone out until then (ms).

        The last claim comes first. A marker of a reusable permit has no template: all of them may match.
        """
        found = [
            (permit, permit.claim)
            for permit in self.permits
            if permit.claim and permit.claim.invalidated_by is None and permit.claim.at <= until
            if permit.kind.is_collected
            and (
                permit.kind.is_reusable or (permit.kind.names_template and permit.template_id == template_id)
            )
        ]
        return sorted(found, key=lambda entry: entry[1].at, reverse=True)

    def spent_by_kind(self, kind: PermitKind, until: int) -> list[tuple[Permit, Claim]]:
        """As `spent_on`, by the kind of permit."""
        found = [
            (permit, permit.claim)
            for permit in self.permits
            if permit.claim and permit.claim.invalidated_by is None and permit.claim.at <= until
            if permit.kind is kind
        ]
        return sorted(found, key=lambda entry: entry[1].at, reverse=True)
