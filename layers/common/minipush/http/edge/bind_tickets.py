"""Verifies the tickets of apps: JWTs that say which of the app's users binds."""

from collections.abc import Sequence
from typing import Any

import jwt

from minipush.domain.centre.bindings import Ticket
from minipush.http.edge.session_tokens import ALGORITHM

REQUIRED = ("iss", "sub", "aud", "jti", "exp")
MAX_ID = 256


def read_ticket(token: str, appid: str, secrets: Sequence[str], audience: str) -> Ticket | None:
    """None for a ticket that the app did not sign for this mini-program. Whether it has expired is the caller's to say."""
    for secret in secrets:
        claims = _claims(token, appid, secret, audience)
        if claims is not None:
            return _ticket(claims)
    return None


def _claims(token: str, appid: str, secret: str, audience: str) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=appid,
            options={
                "require": [*REQUIRED],
                "enforce_minimum_key_length": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
        # For some malformed tokens PyJWT raises errors of other libraries.
        return None
    return claims


def _ticket(claims: dict[str, Any]) -> Ticket | None:
    id_, openid, expires_at = claims["jti"], claims["sub"], claims["exp"]
    if not (isinstance(id_, str) and 0 < len(id_) <= MAX_ID and isinstance(openid, str)):
        return None
    # An instant in seconds. JSON's true is a number to Python, and a huge one fits no clock.
    if isinstance(expires_at, bool) or not isinstance(expires_at, int | float) or not 0 < expires_at < 1e11:
        return None
    return Ticket(id_, openid, round(expires_at * 1000))
