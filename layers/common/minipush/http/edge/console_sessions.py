"""The session of the operators' console: a signed cookie that ends with the operator key it was issued for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import jwt

from minipush.http.edge import problem_types as types
from minipush.http.edge.gateway import HttpRequest
from minipush.http.edge.operator_keys import OperatorKey
from minipush.http.edge.problems import ProblemError
from minipush.http.edge.session_tokens import ALGORITHM, ISSUER, verified_claims

# Browsers take a cookie of this prefix only from its own host, over TLS or on the own machine, for all paths.
COOKIE: Final = "__Host-minipush"
MARK: Final = "x-minipush-console"
AUDIENCE: Final = "minipush:console"
SESSION_MS: Final = 8 * 3600 * 1000
PREFIX: Final = len("sha256:") + 16
READS: Final = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """`name` and `hash_prefix` are those of the operator key; `until` in ms."""

    token: str
    name: str
    hash_prefix: str
    until: int

    def is_of(self, key: OperatorKey) -> bool:
        return (key.name, key.hash[:PREFIX]) == (self.name, self.hash_prefix)


def sign_session(key: OperatorKey, session_key: str, now: int) -> ConsoleSession:
    """For eight hours, but no longer than the key."""
    ends = now + SESSION_MS if key.expires_at is None else min(now + SESSION_MS, key.expires_at)
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": key.name,
        "key": key.hash[:PREFIX],
        "iat": now // 1000,
        "exp": ends // 1000,
    }
    token = jwt.encode(claims, session_key, algorithm=ALGORITHM)
    return ConsoleSession(token, key.name, key.hash[:PREFIX], ends // 1000 * 1000)


def read_session(token: str, keys: Iterable[str]) -> ConsoleSession | None:
    """None for one that none of the keys signed, or has ended."""
    claims = verified_claims(token, keys, AUDIENCE, ("exp", "sub", "key"))
    if claims is None:
        return None
    return ConsoleSession(token, claims["sub"], claims["key"], claims["exp"] * 1000)


def session_cookie(request: HttpRequest) -> str | None:
    """API Gateway moves cookies out of the headers, the emulator leaves them there."""
    joined = [*(request.event.get("cookies") or ()), request.headers.get("cookie") or ""]
    for pair in ";".join(joined).split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def check_page(request: HttpRequest) -> None:
    """A write by cookie must come from a page of the console. Raises ProblemError.

    A page of another origin can't set the header without asking first, which the API refuses.
    """
    if request.method in READS:
        return
    check_origin(request.headers)
    if request.headers.get(MARK) != "1":
        raise ProblemError(
            types.FOREIGN_PAGE, "A write with the console's cookie needs X-Minipush-Console: 1."
        )


def check_origin(headers: Mapping[str, str]) -> None:
    """Raises ProblemError for what a browser sent from a page of another origin. Names are in lower case."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ProblemError(types.FOREIGN_PAGE, "This request comes from a page of another origin.")
