"""A user: settings, and everything that the user's partition tells about permits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from minipush.domain.permits import Kind, Permit

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
        local = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(self.timezone)).time()
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

    def live(self, now: int) -> list[Permit]:
        return [permit for permit in self.permits if permit.is_live(now)]

    def spendable(self, kinds: frozenset[Kind], template_id: str, now: int) -> Iterator[Permit]:
        """Live permits for a message of this template, the soonest to expire first."""
        fit = (p for p in self.live(now) if p.kind in kinds and p.template_id in (None, template_id))
        return iter(sorted(fit, key=lambda permit: permit.order))

    def claimed_for(self, delivery: str) -> list[Permit]:
        """What earlier tries of this delivery left claimed, the last first: its fate is in doubt."""
        in_doubt = [
            (permit.claim.at, permit)
            for permit in self.permits
            if permit.claim and permit.claim.delivery == delivery and permit.claim.dead is None
        ]
        return [permit for _, permit in sorted(in_doubt, key=lambda entry: entry[0], reverse=True)]
