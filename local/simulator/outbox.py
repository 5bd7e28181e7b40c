"""Events on their way to the callback: in order for each user, and the books of what became of them."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.events import Event

ROOM = 100_000
KEPT = 10_000


@dataclass(slots=True)
class Push:
    """`statuses`: what each try was answered with, None for no answer in time."""

    number: int
    event: Event
    state: Literal["waiting", "delivered", "given_up"] = "waiting"
    statuses: list[int | None] = field(default_factory=list)


class Outbox:
    """Holds `room` events at most; more are dropped, and counted. The last `kept` are told of."""

    def __init__(self, room: int = ROOM, kept: int = KEPT) -> None:
        self._room = room
        self._by_user: dict[str, deque[Push]] = {}
        self._ready: deque[str] = deque()
        self._told: deque[Push] = deque(maxlen=kept)
        self._last = 0
        self._counts = Counter(delivered=0, given_up=0, dropped=0)
        self.waiting = 0

    def put(self, event: Event) -> None:
        if self.waiting >= self._room:
            self._counts["dropped"] += 1
            return
        self._last += 1
        push = Push(self._last, event)
        self._told.append(push)
        self.waiting += 1
        if event.openid in self._by_user:
            self._by_user[event.openid].append(push)
        else:
            self._by_user[event.openid] = deque([push])
            self._ready.append(event.openid)

    def take(self) -> Push | None:
        """The next to be pushed, of a user for whom none is being pushed. Who takes one finishes it."""
        return self._by_user[self._ready.popleft()][0] if self._ready else None

    def finish(self, push: Push, state: Literal["delivered", "given_up"]) -> None:
        push.state = state
        self._counts[state] += 1
        self.waiting -= 1
        openid = push.event.openid
        rest = self._by_user[openid]
        rest.popleft()
        if rest:
            self._ready.append(openid)
        else:
            del self._by_user[openid]

    def page(self, limit: int, cursor: int, openid: str | None = None) -> dict[str, Any]:
        """`limit` pushes at most whose number is above `cursor`, and the next page's cursor or None."""
        newer = [push for push in self._told if push.number > cursor and openid in (None, push.event.openid)]
        page = newer[:limit]
        return {
            "pushes": [_told(push) for push in page],
            "next_cursor": page[-1].number if len(newer) > limit else None,
            "counts": {**self._counts, "waiting": self.waiting},
        }


def _told(push: Push) -> dict[str, Any]:
    event = push.event
    return {
        "number": push.number,
        "openid": event.openid,
        "event": event.name,
        "entries": event.entries,
        "at": event.at,
        "state": push.state,
        "statuses": push.statuses,
    }
