"""Read a user's timeline by pages."""

import re
from dataclasses import dataclass
from itertools import islice

from minipush.application.cursors import Cursors
from minipush.application.ports.clock import Clock
from minipush.application.ports.timelines import HistoryStore
from minipush.domain.timelines import TimelineEntry, timeline

# An instant, and how many entries of that instant earlier pages had.
POSITION = r"([0-9]{1,15})\.([0-9]{1,6})"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    entries: list[TimelineEntry]
    next_cursor: str | None


class ReadTimeline:
    """The whole timeline is made for each page: it has no more entries than the user's partition has items."""

    def __init__(self, store: HistoryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, openid: str, limit: int, cursor: str | None) -> TimelinePage:
        """Entries that are new since the first page don't shift later ones. Raises InvalidCursorError, StoreError."""
        cursors = Cursors("timeline", openid)
        position = cursors.read(cursor, POSITION) if cursor else None
        entries = timeline(self._store.read(openid), self._clock())
        if position:
            entries = _older(entries, int(position[1]), int(position[2]))
        page = entries[:limit]
        return TimelinePage(page, cursors.write(_position(page, position)) if len(entries) > limit else None)


def _older(entries: list[TimelineEntry], at: int, shown: int) -> list[TimelineEntry]:
    rest = (entry for entry in entries if entry.at <= at)
    same = sum(entry.at == at for entry in entries)
    return list(islice(rest, min(shown, same), None))


def _position(page: list[TimelineEntry], before: re.Match[str] | None) -> str:
    """Of the end of a page."""
    at = page[-1].at
    shown = sum(entry.at == at for entry in page)
    if before and int(before[1]) == at:
        shown += int(before[2])
    return f"{at}.{shown}"
