"""Cursors of lists: where the next page begins, as opaque text for callers of the HTTP API."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence

from minipush.errors import InvalidCursorError

MARK = 8


class Cursors:
    """Of one list. `of`: what tells the list from all others, such as its owner and its filters.

    A cursor bears a mark of its list: positions of two lists may look alike, and would then begin a wrong page.
    """

    def __init__(self, list_: str, *of: str | int | None) -> None:
        self._mark = hashlib.sha256(json.dumps([list_, *of]).encode()).hexdigest()[:MARK]

    def write(self, position: str) -> str:
        return base64.urlsafe_b64encode(f"{self._mark}{position}".encode()).decode().rstrip("=")

    def read(self, cursor: str, pattern: str) -> re.Match[str]:
        """The position, matched in full against the pattern of positions. Raises InvalidCursorError for any other text."""
        text = _decoded(cursor)
        found = re.fullmatch(pattern, text[MARK:])
        if not found or text[:MARK] != self._mark:
            raise InvalidCursorError("not a next_cursor of this list")
        return found

    def page[Entry](
        self, entries: Sequence[Entry], name: Callable[[Entry], str], limit: int | None, cursor: str | None
    ) -> tuple[Sequence[Entry], str | None]:
        """Of a list that was read whole: the entries behind the one that the cursor names, and the next page's cursor.

        Raises InvalidCursorError, also where that entry is gone: the caller then starts again.
        """
        rest = entries[self._place(entries, name, cursor) :]
        if limit is None or len(rest) <= limit:
            return rest, None
        return rest[:limit], self.write(name(rest[limit - 1]))

    def _place[Entry](
        self, entries: Sequence[Entry], name: Callable[[Entry], str], cursor: str | None
    ) -> int:
        if cursor is None:
            return 0
        wanted = self.read(cursor, ".+")[0]
        places = [place for place, entry in enumerate(entries, 1) if name(entry) == wanted]
        if not places:
            raise InvalidCursorError("not a next_cursor of this list")
        return places[-1]


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:  # also binascii.Error and UnicodeError
        raise InvalidCursorError("not a next_cursor of this list") from error
