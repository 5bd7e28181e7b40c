"""Messages in a user's inbox."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from minipush.domain.centre.reminders import ReminderState

# How long a message is kept.
KEPT_MS = 90 * 24 * 60 * 60 * 1000
# How long a message counts against the limits of its sender.
COUNTED_MS = 24 * 60 * 60 * 1000


class Level(enum.StrEnum):
    """How a sender may reach a user. The values are part of the HTTP contract."""

    STRONG = "strong"  # stored, and the user is reminded
    WEAK = "weak"  # stored
    NONE = "none"  # not stored

    def lowered_to(self, other: "Level | None") -> "Level":
        """The lower of the two."""
        order = list(Level)
        return self if other is None else max(self, other, key=order.index)


class SenderKind(enum.StrEnum):
    APP = "app"
    KEY = "key"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Sender:
    """`id`: an app's appid, or the id of a personal key; empty for the centre itself. `name`: what the user sees."""

    kind: SenderKind
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says. `markdown` takes the place of `body` where it can be shown."""

    title: str = ""
    body: str = ""
    markdown: str | None = None
    url: str | None = None
    page: str | None = None
    copy: str | None = None
    group: str | None = None


class TextCheck(enum.StrEnum):
    """What is known of a message's text."""

    PASSED = "passed"
    PENDING = "pending"  # nobody sees the text before it is checked
    BLOCKED = "blocked"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """`at`: when it was stored (ms). `until`: when it is deleted (ms, kept to the second). `reminder`: None for a weak message.

    `sender_ref`: the sender's own id of the message, by which it can replace it: a replaced message keeps its `id`, and
    its `at` changes. The `id` tells when the message was first asked for, which is earlier than `at`, too, where the
    first try to store it failed. `read_at`: when the user read it (ms); see ReadMarks for messages read together. A deleted message
    has no content: the user has deleted it, or the sender has recalled it.
    """

    id: str
    openid: str
    at: int
    sender: Sender
    content: Content
    text_check: TextCheck = TextCheck.NOT_NEEDED
    reminder: ReminderState | None = None
    sender_ref: str | None = None
    read_at: int | None = None
    is_deleted: bool = False
    is_recalled: bool = False
    until: int

    @property
    def place(self) -> str:
        """Where the message is among the user's: the newest sorts last. Jobs and cursors name it."""
        return place_of(self.at, self.id)


def place_of(at: int, message_id: str) -> str:
    """`at` in ms."""
    return f"I#{at:013}#{message_id}"


@dataclass(frozen=True, slots=True)
class InboxHead:
    """What of a message tells whether it counts: as unread, or against a limit of its sender. `until`: see InboxMessage."""

    id: str
    at: int
    sender: Sender
    is_read: bool
    is_deleted: bool
    until: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Messages stored until these instants (ms) were read, or deleted, together."""

    read_to: int = 0
    deleted_to: int = 0


@dataclass(frozen=True, slots=True)
class ReadMarks:
    """One mark for all messages of a user, and one for those of each app, by appid."""

    of_all: Mark = Mark()
    of_apps: Mapping[str, Mark] = field(default_factory=dict)

    def is_read(self, head: InboxHead) -> bool:
        return head.is_read or head.at <= max(self.of_all.read_to, self._of(head.sender).read_to)

    def is_deleted(self, head: InboxHead) -> bool:
        return head.is_deleted or head.at <= max(self.of_all.deleted_to, self._of(head.sender).deleted_to)

    def _of(self, sender: Sender) -> Mark:
        return self.of_apps.get(sender.id, Mark()) if sender.kind is SenderKind.APP else Mark()


def head_of(message: InboxMessage) -> InboxHead:
    is_read = message.read_at is not None
    return InboxHead(message.id, message.at, message.sender, is_read, message.is_deleted, message.until)
