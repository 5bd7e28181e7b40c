"""List the users who bear a tag."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.cursors import read_cursor, write_cursor
from minipush.application.ports.tags import TagStore
from minipush.domain.ids import PLAIN_ID

# No index knows the tags: the store reads all users, page by page. A page is a megabyte, some thousands of users.
MOST_PAGES = 16
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TaggedUsers:
    """A page of a list. It may be short, and even empty, and still have a `next_cursor`."""

    openids: list[str]
    next_cursor: str | None


class ListTaggedUsers:
    """`monotonic`: a clock in seconds."""

    def __init__(self, store: TagStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic

    def __call__(self, tag: str, limit: int, cursor: str | None) -> TaggedUsers:
        """Raises InvalidCursorError, StoreError."""
        last = read_cursor(cursor, PLAIN_ID)[0] if cursor else None
        until = self._monotonic() + SECONDS
        found: list[str] = []
        for _ in range(MOST_PAGES):
            page = self._store.users_with(tag, last)
            found += page.openids
            last = page.last
            if len(found) >= limit or last is None or self._monotonic() > until:
                break
        if len(found) > limit:
            found = found[:limit]
            last = found[-1]
        return TaggedUsers(found, write_cursor(last) if last else None)
