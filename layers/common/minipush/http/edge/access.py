"""Credentials, and what their callers may do."""

import enum
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from minipush.domain.operators import NO_LIMITS, OperatorLimits
from minipush.http.edge import problem_types as types
from minipush.http.edge.operator_keys import OperatorKey, hash_key, read_operator_keys
from minipush.http.edge.problems import ProblemError, unauthorized

ISSUER = "minipush"
AUDIENCE = "minipush:mini-program"

type Secret = Callable[[], Mapping[str, Any]]
"""`{"session_key": "…", "operator_keys": […]}`, cached for some time; see `read_operator_keys`."""


class Scope(enum.StrEnum):
    """What a caller may do. USER is the session of a mini-program's user; the others are operators' scopes."""

    USER = "user"
    SEND = "send"
    READ = "read"
    ADMIN = "admin"


OPERATOR_SCOPES = frozenset({Scope.SEND, Scope.READ, Scope.ADMIN})

type Routes = Mapping[str, Scope | None]
"""API Gateway's route keys (`POST /collect`), each with the scope it requires; None: no credential."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` is the openid of a user, or the name of an operator's key."""

    name: str
    scopes: frozenset[Scope]
    limits: OperatorLimits = NO_LIMITS

    @property
    def operator(self) -> str | None:
        """The name that may be logged; None for a user, because openids are personal data."""
        return None if Scope.USER in self.scopes else self.name


class Access:
    def __init__(self, secret: Secret, clock: Callable[[], int], session_seconds: int) -> None:
        self._secret = secret
        self._clock = clock
        self.session_seconds = session_seconds

    @property
    def now(self) -> int:
        return self._clock()

    def issue_session(self, openid: str) -> str:
        now = self._clock() // 1000
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": openid,
            "iat": now,
            "exp": now + self.session_seconds,
        }
        return jwt.encode(claims, self._secret()["session_key"], algorithm="HS256")

    def admit(self, authorization: str | None, scope: Scope) -> Caller:
        """Raises ProblemError: 401 for a missing or invalid credential, 403 for one without the scope."""
        caller = self._identify(authorization)
        if scope not in caller.scopes:
            raise ProblemError(types.MISSING_SCOPE, f"This credential lacks the scope {scope.value}.")
        return caller

    def _identify(self, authorization: str | None) -> Caller:
        kind, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise unauthorized("The header Authorization: Bearer … is missing.")
        caller = self._operator(token) or self._user(token)
        if caller is None:
            raise unauthorized("This credential is unknown or has expired.")
        return caller

    def _operator(self, token: str) -> Caller | None:
        """Compare every hash in constant time, so that the duration reveals nothing."""
        presented = hash_key(token).encode()
        found = None
        for key in read_operator_keys(self._secret()):
            if hmac.compare_digest(presented, key.hash.encode()):
                found = key
        return self._caller(found) if found else None

    def _caller(self, key: OperatorKey) -> Caller:
        if key.expires_at is not None and key.expires_at <= self._clock():
            raise unauthorized("This operator key has expired.")
        # An operator key never acts for a user, whatever its scopes say.
        return Caller(key.name, OPERATOR_SCOPES.intersection(key.scopes), key.limits)

    def _user(self, token: str) -> Caller | None:
        try:
            claims = jwt.decode(
                token,
                self._secret()["session_key"],
                algorithms=["HS256"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={
                    "require": ["exp", "iat", "sub"],
                    "enforce_minimum_key_length": True,
                    # The clock of the host that signed may be a second ahead.
                    "verify_iat": False,
                },
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            # For some malformed tokens PyJWT raises errors of other libraries.
            return None
        return Caller(claims["sub"], frozenset({Scope.USER}))
