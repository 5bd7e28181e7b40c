"""List the users, all of them or those who bear a tag."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.cursors import Cursors
from minipush.application.ports.tags import TagStore
from minipush.domain.ids import PLAIN_ID

# No index knows the tags: the store reads all users, page by page. A page is a megabyte, some thousands of users.
MOST_PAGES = 16
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class UserPage:
    """A page of a list. It may be short, and even empty, and still have a `next_cursor`."""

    openids: list[str]
    next_cursor: str | None


class ListUsers:
    """`monotonic`: a clock in seconds."""

    def __init__(self, store: TagStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic

    def __call__(self, tag: str | None, limit: int, cursor: str | None) -> UserPage:
        """`tag` None: all users. Raises InvalidCursorError, StoreError."""
        cursors = Cursors("users", tag)
        last = cursors.read(cursor, PLAIN_ID)[0] if cursor else None
        until = self._monotonic() + SECONDS
        found: list[str] = []
        for _ in range(MOST_PAGES):
            page = self._store.list_users(tag, last)
            found += page.openids
            last = page.last
            if len(found) >= limit or last is None or self._monotonic() > until:
                break
        if len(found) > limit:
            found = found[:limit]
            last = found[-1]
        return UserPage(found, cursors.write(last) if last else None)
