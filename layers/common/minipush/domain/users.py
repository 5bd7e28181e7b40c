"""A user: settings, and everything that the user's partition tells about permits and refusals."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from minipush.domain.permits import Claim, Permit, PermitKind
from minipush.domain.template_refusals import TemplateRefusal

_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_openid(text: str) -> bool:
    """Whether WeChat could have made this: 28 letters, digits, `_` and `-`; other lengths are let pass."""
    return _OPENID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From and to on the clock of `timezone` (an IANA name); to may lie on the next day."""

    start: time
    end: time
    timezone: str

    def cover(self, now: int) -> bool:
        return self.include(
            datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(self.timezone)).time()
        )

    def include(self, local: time) -> bool:
        """`local`: on the clock of their own zone."""
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class Settings:
    opt_out: bool = False
    quiet_hours: QuietHours | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    settings: Settings = Settings()
    permits: tuple[Permit, ...] = ()
    template_refusals: tuple[TemplateRefusal, ...] = ()

    def live(self, now: int) -> list[Permit]:
        return [permit for permit in self.permits if permit.is_live(now)]

    def fitting(self, kinds: frozenset[PermitKind], template_id: str, now: int) -> list[Permit]:
        """Live permits for a message of this template, in no order."""
        return [
            permit
            for permit in self.permits
            if permit.kind in kinds and permit.template_id in (None, template_id) and permit.is_live(now)
        ]

    def spendable(self, kinds: frozenset[PermitKind], template_id: str, now: int) -> list[Permit]:
        """The same, the soonest to expire first."""
        return sorted(self.fitting(kinds, template_id, now), key=lambda permit: permit.order)

    def messages_since(self, then: int) -> int:
        """How many deliveries have spent a permit after that time (ms), back to a week."""
        return sum(
            permit.claim is not None and permit.claim.brought_a_message and permit.claim.at > then
            for permit in self.permits
        )

    def has_met(self, delivery: str) -> bool:
        """Whether the delivery ever tried one of this user's permits."""
        return any(permit.claim and permit.claim.delivery == delivery for permit in self.permits)

    def claimed_for(self, delivery: str) -> list[Permit]:
        """What earlier tries of this delivery left claimed, the last first: its fate is in doubt."""
        in_doubt = [
            (permit.claim.at, permit)
            for permit in self.permits
            if permit.claim and permit.claim.invalidated_by is None and permit.claim.delivery == delivery
        ]
        return [permit for _, permit in sorted(in_doubt, key=lambda entry: entry[0], reverse=True)]

    def spent_on(self, template_id: str, until: int) -> list[tuple[Permit, Claim]]:
        """On which a subscription message of this template may have gone out until then (ms), the last first.

        The mark of a long-term permit doesn't say its template.
        """
        found = [
            (permit, permit.claim)
            for permit in self.permits
            if permit.claim and permit.claim.invalidated_by is None and permit.claim.at <= until
            if permit.kind is PermitKind.LONG
            or (permit.kind is PermitKind.ONCE and permit.template_id == template_id)
        ]
        return sorted(found, key=lambda entry: entry[1].at, reverse=True)
