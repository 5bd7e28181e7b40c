"""The events that wait for a push, in order for each user, and the results of past pushes."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from local.simulator.pushes.events import Event

CAPACITY = 100_000
HISTORY = 10_000


@dataclass(slots=True)
class Push:
    """`statuses`: the HTTP status of each attempt, None without an answer in time."""

    number: int
    event: Event
    state: Literal["waiting", "delivered", "given_up"] = "waiting"
    statuses: list[int | None] = field(default_factory=list)


class Outbox:
    """Holds at most `capacity` waiting events, and drops and counts the others. `page` lists the last `history` events."""

    def __init__(self, capacity: int = CAPACITY, history: int = HISTORY) -> None:
        self._capacity = capacity
        self._by_user: dict[str, deque[Push]] = {}
        self._ready: deque[str] = deque()
        self._history: deque[Push] = deque(maxlen=history)
        self._last = 0
        self._counts = Counter(delivered=0, given_up=0, dropped=0)
        self.waiting = 0

    def put(self, event: Event) -> None:
        if self.waiting >= self._capacity:
            self._counts["dropped"] += 1
            return
        self._last += 1
        push = Push(self._last, event)
        self._history.append(push)
        self.waiting += 1
        if event.openid in self._by_user:
            self._by_user[event.openid].append(push)
        else:
            self._by_user[event.openid] = deque([push])
            self._ready.append(event.openid)

    def take(self) -> Push | None:
        """Return the next push of a user with no push in progress. The caller must call `finish`."""
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
        """At most `limit` pushes with a number above `cursor`. `next_cursor` is None on the last page."""
        newer = [
            push for push in self._history if push.number > cursor and openid in (None, push.event.openid)
        ]
        page = newer[:limit]
        return {
            "pushes": [_listed(push) for push in page],
            "next_cursor": page[-1].number if len(newer) > limit else None,
            "counts": {**self._counts, "waiting": self.waiting},
        }


def _listed(push: Push) -> dict[str, Any]:
    event = push.event
    return {
        "number": push.number,
        "openid": event.openid,
        "event": event.name,
        "entries": event.entries,
        "fields": event.fields,
        "at": event.at,
        "state": push.state,
        "statuses": push.statuses,
    }
