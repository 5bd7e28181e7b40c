"""A user reads and deletes messages: some by their ids, or all before an instant together."""

from collections.abc import Sequence

from minipush.application.ports.centre.inbox import InboxStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.inbox import InboxMessage

# Messages whose contents one request takes away. The others are hidden at once, and their contents expire.
MOST_EMPTIED = 1_000
PAGE = 100


class MarkRead:
    def __init__(self, store: InboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def these(self, openid: str, ids: Sequence[str]) -> None:
        """Ids of no message of the user are ignored. Raises StoreError."""
        now = self._clock()
        for message in _found(self._store, openid, ids):
            if message.read_at is None:
                self._store.mark_read(message, now)

    def before(self, openid: str, instant: int, appid: str | None = None) -> None:
        """One write for any number of messages. What comes in later is unread, whatever `instant` (ms) is."""
        self._store.mark_read_to(openid, _last_before(instant, self._clock()), appid)


class DeleteMessages:
    def __init__(self, store: InboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def these(self, openid: str, ids: Sequence[str]) -> None:
        """Ids of no message of the user are ignored. Raises StoreError."""
        for message in _found(self._store, openid, ids):
            self._store.delete(message)

    def before(self, openid: str, instant: int, appid: str | None = None) -> None:
        """One write hides them all. Then their contents go, the newest first. Raises StoreError."""
        last = _last_before(instant, self._clock())
        self._store.mark_deleted_to(openid, last, appid)
        marks = self._store.read_marks(openid)
        after: str | None = f"I#{last + 1:013}"
        for _ in range(MOST_EMPTIED // PAGE):
            page = self._store.heads(openid, 0, after, PAGE)
            hidden = [head for head in page.entries if marks.is_deleted(head) and not head.is_deleted]
            self._store.empty(openid, hidden)
            after = page.after
            if after is None:
                break


def _last_before(instant: int, now: int) -> int:
    """Places of messages have no sign."""
    return max(0, min(instant, now) - 1)


def _found(store: InboxStore, openid: str, ids: Sequence[str]) -> list[InboxMessage]:
    found = [store.find(openid, id_) for id_ in dict.fromkeys(ids)]
    return [message for message in found if message and not message.is_deleted]
