"""The account's access tokens, of two kinds that know nothing of each other.

Source: doc/oplatform/developers/dev/AccessToken, api_getStableAccessToken on developers.weixin.qq.com.
"""

import re
from dataclasses import dataclass

from local.simulator.answers import RefusedError
from local.simulator.clock import Clock
from local.simulator.ids import Ids
from local.simulator.quotas import DAY, Window

LIFETIME = 7200
OVERLAP = 300
FORCE_PAUSE = 30
FORCES_PER_DAY = 20
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{32,512}\Z")


@dataclass(slots=True)
class Token:
    value: str
    expires_at: float
    works_until: float


class Tokens:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._tokens: dict[str, Token] = {}
        self._classic: Token | None = None
        self._stable: Token | None = None
        self._forced_at = float("-inf")
        self._forces = Window(DAY)
        self.issued = {"classic": 0, "stable": 0}

    def issue_classic(self) -> tuple[str, int]:
        """A new token and its seconds; the one before works for OVERLAP more."""
        if self._classic:
            self._shorten(self._classic)
        self._classic = self._issue("classic")
        return self._classic.value, LIFETIME

    def stable(self, *, force_refresh: bool) -> tuple[str, int]:
        """The same token while it lasts; a new one OVERLAP before its end, or by force."""
        now = self._clock()
        if force_refresh and self._may_force(now):
            self._forced_at = now
            if self._stable:
                self._stable.works_until = now
            self._stable = self._issue("stable")
        if not self._stable or now >= min(self._stable.expires_at - OVERLAP, self._stable.works_until):
            self._stable = self._issue("stable")
        return self._stable.value, int(self._stable.expires_at - now)

    def check(self, value: str | None) -> None:
        """RefusedError 41001 missing, 40014 malformed, 42001 at its natural end, 40001 unknown or ended."""
        token = self._tokens.get(value) if value else None
        if token and self._clock() < token.works_until:
            return
        if not value:
            raise RefusedError(41001)
        if not WELL_FORMED.match(value):
            raise RefusedError(40014)
        raise RefusedError(42001 if token and token.works_until == token.expires_at else 40001)

    def revoke(self, value: str | None) -> int:
        """End one token, or all of them, now: how many ended."""
        now = self._clock()
        ended = [t for t in self._tokens.values() if value in (None, t.value) and now < t.works_until]
        for token in ended:
            token.works_until = now
        return len(ended)

    def _issue(self, kind: str) -> Token:
        self.issued[kind] += 1
        end = self._clock() + LIFETIME
        token = Token(self._ids.access_token(), end, end)
        self._tokens[token.value] = token
        return token

    def _shorten(self, token: Token) -> None:
        token.works_until = min(token.works_until, self._clock() + OVERLAP)

    def _may_force(self, now: float) -> bool:
        return now >= self._forced_at + FORCE_PAUSE and self._forces.count(now) <= FORCES_PER_DAY
