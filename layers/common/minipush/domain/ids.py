"""The alphabet of the ids that WeChat and minipush make, and what stands for an openid."""

import hashlib
import re

PLAIN_ID = r"[A-Za-z0-9_-]{1,64}"
"""Openids, template ids, and the ids that clients choose: letters, digits, `_` and `-`."""

_PLAIN_ID = re.compile(PLAIN_ID)
# What a program makes of a missing id. [object Object] has a blank and is no id anyway.
_PLACEHOLDERS = frozenset({"undefined", "null", "NaN", "None", "true", "false", "0"})


def is_plain_id(text: str) -> bool:
    return _PLAIN_ID.fullmatch(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether `text` only looks like an id: `undefined` and its like."""
    return text in _PLACEHOLDERS


def user_hash(openid: str) -> str:
    """Stands for an openid in logs and in the audit: whoever knows the openid can find its lines.

    An openid can't be guessed, so the hash has no key.
    """
    return hashlib.sha256(openid.encode(errors="surrogatepass")).hexdigest()[:16]
