"""Verifies the tokens of sessions: a mini-program user's, and the console's."""

from typing import Any, Final

import jwt

ALGORITHM: Final = "HS256"
ISSUER: Final = "minipush"


def verified_claims(
    token: str, session_key: str, audience: str, required: tuple[str, ...]
) -> dict[str, Any] | None:
    """None for a token that is not ours, has ended, or is for another audience."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            session_key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            options={
                "require": [*required],
                "enforce_minimum_key_length": True,
                # The clock of the host that signed may be a second ahead.
                "verify_iat": False,
            },
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        # For some malformed tokens PyJWT raises errors of other libraries.
        return None
    return claims
