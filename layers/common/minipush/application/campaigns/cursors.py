"""Where the next page of a list begins, as text that callers hand back and need not understand."""

import base64
import binascii
import re


def write_cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def read_cursor(cursor: str, pattern: str) -> re.Match[str]:
    """Raises ValueError for one that isn't ours, by what places look like."""
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("no cursor of ours") from error
    found = re.fullmatch(pattern, place)
    if not found:
        raise ValueError("no cursor of ours")
    return found
