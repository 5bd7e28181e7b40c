"""Verifies the tokens of sessions: a mini-program user's, and the console's."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import jwt

ALGORITHM: Final = "HS256"
ISSUER: Final = "minipush"
# RFC 7518, section 3.2. PyJWT refuses a shorter key with an error that says nothing of the token.
MIN_KEY_BYTES: Final = 32


def session_keys(secret: Mapping[str, Any], now: int) -> list[str]:
    """The keys whose tokens count. The first one signs. `now` in ms.

    Of `{"session_key": "…", "other_session_keys"?: [{"key": "…", "until": ms}]}`. An entry that can't be read
    opens nothing, nor does one whose key is too short.
    """
    others = secret.get("other_session_keys")
    entries = [one for one in others if isinstance(one, dict)] if isinstance(others, list) else []
    return [secret["session_key"], *(one["key"] for one in entries if _is_accepted(one, now))]


def _is_accepted(entry: Mapping[str, Any], now: int) -> bool:
    key, until = entry.get("key"), entry.get("until")
    if not (isinstance(key, str) and isinstance(until, int)):
        return False
    return len(key.encode(errors="surrogatepass")) >= MIN_KEY_BYTES and now < until


def verified_claims(
    token: str, keys: Iterable[str], audience: str, required: tuple[str, ...]
) -> dict[str, Any] | None:
    """None for a token that none of the keys signed, that has ended, or is for another audience."""
    for key in keys:
        claims = _claims(token, key, audience, required)
        if claims is not None:
            return claims
    return None


def _claims(token: str, key: str, audience: str, required: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
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
