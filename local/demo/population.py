"""The simulated users: who submits forms, who pays, whose ids are invalid, and who opts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from local.simulator.client import Control

WEEK_MS = 7 * 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Profile:
    """The actions of a user. `share`: how many of 40 users have this profile. An old tap is over a week old."""

    share: int
    taps: int = 0
    payments: int = 0
    old_taps: int = 0
    has_expiry: bool = True
    mock: bool = False
    opts_out: bool = False


PROFILES = (
    Profile(18, taps=2),
    Profile(6, taps=3),
    Profile(3, taps=1),
    Profile(2, payments=1),
    Profile(2, payments=1, taps=1),
    Profile(1, taps=1, mock=True),  # used the developer tools, then a phone
    Profile(1, mock=True),
    Profile(1, old_taps=1, taps=1),  # an old id with its expiry; minipush rejects it
    Profile(2, old_taps=1, has_expiry=False),  # an old id without its expiry; WeChat rejects it
    Profile(2, taps=1, opts_out=True),
    Profile(2),
)


@dataclass(frozen=True, slots=True)
class User:
    openid: str
    profile: Profile
    old_form_ids: tuple[str, ...] = ()


def create_population(control: Control, count: int) -> list[User]:
    """Create `count` users. WeChat's clock is moved back over a week while the old formIds are created."""
    openids = [user.openid for user in control.add_users(count)]
    profiles = dict(zip(openids, cycle(interleave(PROFILES)), strict=False))
    early = [openid for openid, profile in profiles.items() if profile.old_taps]
    control.set_clock(-WEEK_MS / 1000 - 60)
    old = control.tap_all(early) if early else {}
    control.set_clock(0)
    return [User(openid, profile, tuple(old.get(openid, ()))) for openid, profile in profiles.items()]


class Shared(Protocol):
    @property
    def share(self) -> int: ...


def interleave[S: Shared](profiles: Sequence[S]) -> list[S]:
    """Repeat each profile `share` times, in rounds, so that a small population has every profile."""
    most = max(profile.share for profile in profiles)
    return [profile for n in range(most) for profile in profiles if n < profile.share]
