"""Show a user the inbox, and how many of its messages are unread."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from minipush.application.cursors import Cursors
from minipush.application.ports.centre.inbox import InboxStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.inbox import InboxHead, InboxMessage, ReadMarks, SenderKind, head_of

# Items read for one page of the list, and for one count: 10 reads.
PAGES = 10
HEADS_A_PAGE = 200
MOST_UNREAD = 99
PLACE = r"I#[0-9]{13}#[0-9a-z]{32}"

type CheckTexts = Callable[[str, Sequence[InboxMessage]], Sequence[InboxMessage]]
"""Takes the reader's openid, and messages whose texts may be unchecked. Returns them as they may be shown."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    message: InboxMessage
    is_read: bool


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page may be empty and have a next one: a search looks at a number of messages at a time."""

    messages: Sequence[ShownMessage]
    next_cursor: str | None


class ReadInbox:
    def __init__(self, store: InboxStore, clock: Clock, check_texts: CheckTexts) -> None:
        self._store = store
        self._clock = clock
        self._check_texts = check_texts

    def __call__(
        self, openid: str, limit: int, cursor: str | None, appid: str | None = None, *, unread: bool = False
    ) -> ShownPage:
        """Newest first. `appid`: messages of that app alone. Raises InvalidCursorError, StoreError."""
        cursors = Cursors("inbox", openid, appid, unread)
        after = cursors.read(cursor, PLACE)[0] if cursor else None
        marks = self._store.read_marks(openid)
        since = marks.of_all.read_to + 1 if unread else marks.of_all.deleted_to + 1
        wanted = _Wanted(marks, self._clock(), appid, unread)
        found, end = self._search(openid, since, after, limit, wanted)
        checked = self._check_texts(openid, found)
        shown = [ShownMessage(message, marks.is_read(head_of(message))) for message in checked]
        return ShownPage(shown, cursors.write(end) if end else None)

    def _search(
        self, openid: str, since: int, after: str | None, limit: int, wanted: "_Wanted"
    ) -> tuple[list[InboxMessage], str | None]:
        """The messages found, and the place where to go on, if there may be more."""
        found: list[InboxMessage] = []
        for _ in range(PAGES):
            page = self._store.page(openid, since, after, limit)
            new = [message for message in page.entries if wanted(message)][: limit - len(found)]
            found += new
            if len(found) == limit and (page.after or new[-1] is not page.entries[-1]):
                return found, new[-1].place
            after = page.after
            if after is None:
                break
        return found, after


@dataclass(frozen=True, slots=True)
class _Wanted:
    marks: ReadMarks
    now: int
    appid: str | None
    unread: bool

    def __call__(self, message: InboxMessage) -> bool:
        head = head_of(message)
        if message.until <= self.now or self.marks.is_deleted(head):
            return False
        if self.unread and self.marks.is_read(head):
            return False
        sender = message.sender
        return self.appid is None or (sender.kind is SenderKind.APP and sender.id == self.appid)


class CountUnread:
    """99 stands for more. Looks at the newest 2,000 messages behind the mark."""

    def __init__(self, store: InboxStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def __call__(self, openid: str) -> int:
        """Raises StoreError."""
        marks, now = self._store.read_marks(openid), self._clock()
        unread = 0
        for head in self._heads(openid, marks):
            unread += not (head.until <= now or marks.is_read(head) or marks.is_deleted(head))
            if unread == MOST_UNREAD:
                break
        return unread

    def _heads(self, openid: str, marks: ReadMarks) -> Iterator[InboxHead]:
        since, after = max(marks.of_all.read_to, marks.of_all.deleted_to) + 1, None
        for _ in range(PAGES):
            page = self._store.heads(openid, since, after, HEADS_A_PAGE)
            yield from page.entries
            after = page.after
            if after is None:
                return
