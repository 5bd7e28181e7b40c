"""The messages in users' inboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from minipush.domain.centre.inbox import InboxHead, InboxMessage, ReadMarks


@dataclass(frozen=True, slots=True)
class InboxPage[Entry]:
    """Newest first. `after`: where the next page begins; None if there is nothing more."""

    entries: Sequence[Entry]
    after: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """The message that has a ref of its sender's; None where it has expired, or was replaced just now.

    `at`: the instant of its place (ms). `push_id`: the id that its push had made, whatever id the message has: it tells
    which push it was, and when that was first asked for.
    """

    id: str
    at: int
    message: InboxMessage | None
    push_id: str


class InboxStore(Protocol):
    """A message has a place: its instant and its id. The place changes when the message is replaced."""

    def put(self, message: InboxMessage) -> bool:
        """Store a new message: one write. False if the message has been stored before, at this place or its first one.

        The first place is that of the instant in the id. A message that is stored later than that takes four writes.
        """
        ...

    def put_named(self, message: InboxMessage, replaced: Named | None, push_id: str | None = None) -> bool:
        """Store a message with a `sender_ref`, in place of the sender's message of that ref, both or neither.

        `push_id`: see Named; by default, the message's own.
        `replaced` is what `find_named` returned. A message with the same id moves from its place; one with another id
        stays where it is. False if another process was faster: find it again.
        """
        ...

    def find_named(self, openid: str, sender_id: str, sender_ref: str) -> Named | None:
        """The sender's message of that ref, wherever it is now, also if it is deleted."""
        ...

    def find(self, openid: str, message_id: str) -> InboxMessage | None:
        """The message, wherever it is now, also if it is deleted. None for a text that is no id, too."""
        ...

    def read(self, openid: str, place: str) -> InboxMessage | None:
        """The message at its place, the sort key."""
        ...

    def page(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxMessage]:
        """Messages stored at `since` (ms) or later, deleted ones too. `limit`: how many items are read, at most."""
        ...

    def heads(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxHead]:
        """The same as `page`, without contents; and the places that messages have left, as deleted ones.

        Such a place stays for a day, or longer.
        """
        ...

    def read_marks(self, openid: str) -> ReadMarks: ...

    def mark_read_to(self, openid: str, at: int, appid: str | None) -> None:
        """All messages until `at` (ms), or those of an app, are read: one write. A mark never goes back."""
        ...

    def mark_deleted_to(self, openid: str, at: int, appid: str | None) -> None:
        """All messages until `at` (ms), or those of an app, are deleted and read: one write."""
        ...

    def mark_read(self, message: InboxMessage, at: int) -> None:
        """One message is read. Does nothing if it is gone, or was read before."""
        ...

    def keep_text_check(self, message: InboxMessage) -> None:
        """Store the message's `text_check`. Does nothing if the message is gone, or has been replaced."""
        ...

    def delete(self, message: InboxMessage, *, is_recall: bool = False) -> bool:
        """Take the content away, and what was to remind of it. False if the message is not there, or deleted already.

        A recall is refused (False) once `mark_read` has marked the message.
        """
        ...

    def withdraw(self, message: InboxMessage, at: int) -> None:
        """Take away what a push has stored for a user who is gone by now: the content, and the sender's ref.

        What is left of it may be deleted from `at` (ms) on.
        """
        ...

    def empty(self, openid: str, heads: Sequence[InboxHead]) -> None:
        """Take away the contents of messages that a mark has deleted. One that is replaced meanwhile is left alone."""
        ...
