"""The alphabet of the ids that WeChat and minipush make."""

import re

PLAIN_ID = r"[A-Za-z0-9_-]{1,64}"
"""Openids, template ids, and the ids that clients choose: letters, digits, `_` and `-`."""

_PLAIN_ID = re.compile(PLAIN_ID)


def is_plain_id(text: str) -> bool:
    return _PLAIN_ID.fullmatch(text) is not None
