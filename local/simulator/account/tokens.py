"""The account's access tokens, of two independent kinds.

Source: doc/oplatform/developers/dev/AccessToken, api_getStableAccessToken on developers.weixin.qq.com.
"""

import re
from dataclasses import dataclass

from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.account.quotas import DAY, Window
from local.simulator.answers import ErrcodeError

LIFETIME = 7200
OVERLAP = 300
FORCE_PAUSE = 30
FORCES_PER_DAY = 20
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{32,512}\Z")


@dataclass(slots=True)
class Token:
    value: str
    expires_at: float
    valid_until: float


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
        """A new token and its lifetime in seconds. The previous token stays valid for OVERLAP seconds."""
        if self._classic:
            self._shorten(self._classic)
        self._classic = self._issue("classic")
        return self._classic.value, LIFETIME

    def stable(self, *, force_refresh: bool) -> tuple[str, int]:
        """The same token until OVERLAP seconds before it expires, then a new one; `force_refresh` gives a new one now."""
        now = self._clock()
        if force_refresh and self._may_force(now):
            self._forced_at = now
            if self._stable:
                self._stable.valid_until = now
            self._stable = self._issue("stable")
        if not self._stable or now >= min(self._stable.expires_at - OVERLAP, self._stable.valid_until):
            self._stable = self._issue("stable")
        return self._stable.value, int(self._stable.expires_at - now)

    def has_issued(self, value: str | None) -> bool:
        return value in self._tokens

    def check(self, value: str | None) -> None:
        """ErrcodeError 41001: missing; 40014: malformed; 42001: expired; 40001: unknown, replaced or revoked."""
        token = self._tokens.get(value) if value else None
        if token and self._clock() < token.valid_until:
            return
        if not value:
            raise ErrcodeError(41001)
        if not WELL_FORMED.match(value):
            raise ErrcodeError(40014)
        raise ErrcodeError(42001 if token and token.valid_until == token.expires_at else 40001)

    def revoke(self, value: str | None) -> int:
        """Revoke one token, or all of them. Return the number of tokens revoked."""
        now = self._clock()
        revoked = [t for t in self._tokens.values() if value in (None, t.value) and now < t.valid_until]
        for token in revoked:
            token.valid_until = now
        return len(revoked)

    def _issue(self, kind: str) -> Token:
        self.issued[kind] += 1
        end = self._clock() + LIFETIME
        token = Token(self._ids.access_token(), end, end)
        self._tokens[token.value] = token
        return token

    def _shorten(self, token: Token) -> None:
        token.valid_until = min(token.valid_until, self._clock() + OVERLAP)

    def _may_force(self, now: float) -> bool:
        return now >= self._forced_at + FORCE_PAUSE and self._forces.count(now) <= FORCES_PER_DAY
