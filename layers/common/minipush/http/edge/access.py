"""Credentials, and what their callers may do."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jwt

from minipush.domain.operators import NO_LIMITS, OperatorLimits
from minipush.http.edge import problem_types as types
from minipush.http.edge.console_sessions import (
    ConsoleSession,
    check_page,
    read_session,
    session_cookie,
    sign_session,
)
from minipush.http.edge.gateway import HttpRequest
from minipush.http.edge.operator_keys import OperatorKey, hash_key, read_operator_keys
from minipush.http.edge.problems import ProblemError, unauthorized
from minipush.http.edge.scopes import OPERATOR_SCOPES, Scope, Scopes
from minipush.http.edge.session_tokens import ALGORITHM, ISSUER, session_keys, verified_claims

AUDIENCE = "minipush:mini-program"

type Secret = Callable[[], Mapping[str, Any]]
"""`{"session_key": "…", "operator_keys": […]}`, cached for some time; see `session_keys`, `read_operator_keys`."""


APP_SECRET = "mpa_"  # noqa: S105  # how each begins


@dataclass(frozen=True, slots=True)
class CallingApp:
    """Whose secret was presented."""

    appid: str
    is_banned: bool


type FindApp = Callable[[str], CallingApp | None]
"""Takes what may be an app's secret. Raises StoreError."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`name`: the openid of a user, the appid of an app, or the name of an operator's key.

    `session_until` in ms: the console's session.
    """

    name: str
    scopes: frozenset[Scope]
    limits: OperatorLimits = NO_LIMITS
    session_until: int | None = None

    @property
    def operator(self) -> str | None:
        """The name that may be logged; None for a user, because openids are personal data, and for an app."""
        return self.name if Scope.OPERATOR in self.scopes else None


class Access:
    """`find_app`: only the functions of the message centre know apps."""

    def __init__(
        self,
        secret: Secret,
        clock: Callable[[], int],
        session_seconds: int,
        find_app: FindApp | None = None,
    ) -> None:
        self._secret = secret
        self._clock = clock
        self.session_seconds = session_seconds
        self._find_app = find_app

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
        return jwt.encode(claims, self._secret()["session_key"], algorithm=ALGORITHM)

    def issue_console_session(self, token: str) -> ConsoleSession | None:
        """For the holder of an operator key; None if there is no such key. Raises ProblemError for an expired one."""
        key = self._operator_key(token)
        if key is None:
            return None
        self._check_expiry(key)
        return sign_session(key, self._secret()["session_key"], self._clock())

    def admit(self, request: HttpRequest, wanted: Scopes) -> Caller:
        """Raises ProblemError: 401 for a missing or invalid credential, 403 for one without the scope.

        The cookie of the console counts where no Authorization was sent.
        """
        authorization, cookie = request.headers.get("authorization"), session_cookie(request)
        if authorization is None and cookie is not None:
            caller = self._console(cookie, request)
        else:
            caller = self._identify(authorization)
        _check_scope(caller, wanted if isinstance(wanted, tuple) else (wanted,))
        return caller

    def _identify(self, authorization: str | None) -> Caller:
        kind, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if kind.lower() != "bearer" or not token:
            raise unauthorized("The header Authorization: Bearer … is missing.")
        caller = self._app(token) if token.startswith(APP_SECRET) else self._person(token)
        if caller is None:
            raise unauthorized("This credential is unknown or has expired.")
        return caller

    def _app(self, secret: str) -> Caller | None:
        app = self._find_app(secret) if self._find_app else None
        if app is None:
            return None
        scopes = {Scope.OWN_APP} if app.is_banned else {Scope.OWN_APP, Scope.APP}
        return Caller(app.appid, frozenset(scopes))

    def _person(self, token: str) -> Caller | None:
        key = self._operator_key(token)
        return self._operator(key) if key else self._user(token)

    def _console(self, cookie: str, request: HttpRequest) -> Caller:
        """The session ends with its key: the key is looked up for each request."""
        check_page(request)
        session = read_session(cookie, self._session_keys())
        keys = read_operator_keys(self._secret())
        key = next((one for one in keys if session and session.is_of(one)), None)
        if session is None or key is None:
            raise unauthorized("This session has ended, or its operator key was revoked.")
        return replace(self._operator(key), session_until=session.until)

    def _operator_key(self, token: str) -> OperatorKey | None:
        """Compare every hash in constant time, so that the duration reveals nothing."""
        presented = hash_key(token).encode()
        found = None
        for key in read_operator_keys(self._secret()):
            if hmac.compare_digest(presented, key.hash.encode()):
                found = key
        return found

    def _operator(self, key: OperatorKey) -> Caller:
        self._check_expiry(key)
        # An operator key never acts for a user, whatever its scopes say.
        scopes = frozenset(one for one in OPERATOR_SCOPES if one in key.scopes) | {Scope.OPERATOR}
        return Caller(key.name, scopes, key.limits)

    def _check_expiry(self, key: OperatorKey) -> None:
        if key.expires_at is not None and key.expires_at <= self._clock():
            raise unauthorized("This operator key has expired.")

    def _session_keys(self) -> list[str]:
        return session_keys(self._secret(), self._clock())

    def _user(self, token: str) -> Caller | None:
        claims = verified_claims(token, self._session_keys(), AUDIENCE, ("exp", "iat", "sub"))
        if claims is None:
            return None
        return Caller(claims["sub"], frozenset({Scope.USER}))


def _check_scope(caller: Caller, wanted: tuple[Scope, ...]) -> None:
    """Raises ProblemError."""
    if caller.scopes.isdisjoint(wanted):
        if Scope.OWN_APP in caller.scopes and Scope.APP in wanted:
            raise ProblemError(types.APP_BANNED, "This app is banned. GET /centre/app says why and how long.")
        needed = " or ".join(scope.value for scope in wanted)
        raise ProblemError(types.MISSING_SCOPE, f"This credential lacks the scope {needed}.")
