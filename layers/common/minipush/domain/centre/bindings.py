"""Bindings: a user has let an app push into the inbox."""

import secrets
import string
from dataclasses import dataclass
from datetime import timedelta

from minipush.domain.centre.inbox import Level
from minipush.domain.centre.message_ids import key_ref
from minipush.domain.centre.preferences import DoNotDisturb

# Of one user.
MAX_BINDINGS = 100
TICKET_LIVES_MS = timedelta(minutes=10) // timedelta(milliseconds=1)
# Hosts' clocks differ by so much, at most.
CLOCKS_DIFFER_MS = 30_000
BINDING_KEY = r"b[A-Za-z0-9]{22,40}"

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """`key`: the address of the user for this app, and no credential. `at`: when the user consented (ms).

    `foreign_openid`: the user's openid in the app, as whoever bound said. `is_confirmed`: the app has said so, too.
    """

    appid: str
    key: str
    level: Level
    foreign_openid: str
    is_confirmed: bool
    at: int
    do_not_disturb: DoNotDisturb | None = None

    @property
    def ref(self) -> str:
        return key_ref(self.key)

    @property
    def is_active(self) -> bool:
        """Whether anything is stored for the user."""
        return self.level is not Level.NONE


@dataclass(frozen=True, slots=True)
class BoundUser:
    """`openid`: in this mini-program."""

    openid: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an app's back end signed: whose openid in the app it is. `id` is used once, `expires_at` in ms."""

    id: str
    openid: str
    expires_at: int

    def is_valid(self, now: int) -> bool:
        return now < self.expires_at <= now + TICKET_LIVES_MS + CLOCKS_DIFFER_MS


def new_key(first: str) -> str:
    """`first`: `b` for a binding, `k` for a personal key, so that nobody takes one for the other."""
    return first + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
