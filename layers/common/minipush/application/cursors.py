"""Cursors of lists: where the next page begins, as opaque text for callers of the HTTP API."""

import base64
import re

from minipush.errors import InvalidCursorError


def write_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def read_cursor(cursor: str, pattern: str) -> re.Match[str]:
    """The position, matched in full against the pattern of positions. Raises InvalidCursorError for any other text."""
    try:
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:  # also binascii.Error and UnicodeError
        raise InvalidCursorError("not a next_cursor of this list") from error
    found = re.fullmatch(pattern, position)
    if not found:
        raise InvalidCursorError("not a next_cursor of this list")
    return found
