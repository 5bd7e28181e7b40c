"""The body of a POST: a JSON object in raw UTF-8."""

import json
import re
from typing import Any

from local.simulator.answers import ErrcodeError

ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
LAST_ASCII = 0x7F


def parse(body: bytes, *, strict_utf8: bool) -> dict[str, Any]:
    """ErrcodeError 44002: empty; 47001: not a JSON object in UTF-8; 47002: text written as escapes."""
    if not body:
        raise ErrcodeError(44002)
    fields = read(body)
    if fields is None:
        raise ErrcodeError(47001)
    if strict_utf8 and b"\\u" in body and _escapes_text(body):
        raise ErrcodeError(47002)
    return fields


def read(body: bytes) -> dict[str, Any] | None:
    """The object in the body, or None if the body is anything else."""
    try:
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _escapes_text(body: bytes) -> bool:
    return any(code and int(code, 16) > LAST_ASCII for code in ESCAPE.findall(body))
