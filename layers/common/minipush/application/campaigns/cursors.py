"""Where the next page of a list begins, as text that callers hand back and need not understand."""

import base64
import binascii
import re

from minipush.errors import InvalidCursorError


def write_cursor(cursor: str) -> str:
    return base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")


def read_cursor(cursor: str, pattern: str) -> re.Match[str]:
    """Raises InvalidCursorError for one that isn't ours, by what places look like."""
    try:
        cursor = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidCursorError("not what next_cursor was") from error
    found = re.fullmatch(pattern, cursor)
    if not found:
        raise InvalidCursorError("not what next_cursor was")
    return found
