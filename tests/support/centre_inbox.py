"""Inboxes in memory, and messages for tests. The store passes the contract suite of the real one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from minipush.application.ports.centre.inbox import InboxPage, Named
from minipush.domain.centre.inbox import (
    COUNTED_MS,
    Content,
    InboxHead,
    InboxMessage,
    Mark,
    ReadMarks,
    Sender,
    SenderKind,
    head_of,
    place_of,
)
from minipush.domain.centre.message_ids import is_message_id, made_at, message_id

NOW = 1_800_000_000_000
DAY = 24 * 60 * 60 * 1000
SHOP = Sender(SenderKind.APP, "wx-shop", "Shop")
REF = "abcdefghijkl"


def inbox_message(request: str = "one", at: int = NOW, **changes: object) -> InboxMessage:
    message = InboxMessage(
        id=message_id(at, request, REF),
        openid="ada",
        at=at,
        sender=SHOP,
        content=Content(title="Parcel", body="It is here."),
        until=NOW + 90 * DAY,
    )
    return replace(message, **changes)  # type: ignore[arg-type]


@dataclass
class MemoryInbox:
    messages: dict[str, dict[str, InboxMessage]] = field(default_factory=dict)
    named: dict[tuple[str, str, str], tuple[str, int, str]] = field(default_factory=dict)
    moved: dict[tuple[str, str], int] = field(default_factory=dict)
    left: dict[str, dict[str, InboxMessage]] = field(default_factory=dict)
    marks: dict[str, dict[str | None, Mark]] = field(default_factory=dict)
    writes: int = 0

    def put(self, message: InboxMessage) -> bool:
        if self._is_taken(message) or self._is_taken(_at_first_place(message)):
            self.writes += 1
            return False
        return self._store(message)

    def _store(self, message: InboxMessage) -> bool:
        """What stands at the message's first place says where it is now."""
        self.writes += 1
        first = _at_first_place(message)
        if message.place != first.place and not self._is_taken(first):
            self._leave(first, message.until)
        self.moved[message.openid, message.id] = message.at
        self.messages.setdefault(message.openid, {})[message.place] = message
        return True

    def _is_taken(self, message: InboxMessage) -> bool:
        return any(message.place in places.get(message.openid, {}) for places in (self.messages, self.left))

    def put_named(self, message: InboxMessage, replaced: Named | None, push_id: str | None = None) -> bool:
        name = (message.openid, message.sender.id, message.sender_ref or "")
        there_now = (replaced.id, replaced.at) if replaced else None
        found = self.named.get(name)
        if (found[:2] if found else None) != there_now or self._is_taken(message):
            return False
        if not (replaced and replaced.id == message.id) and self._is_taken(_at_first_place(message)):
            return False
        if replaced and replaced.message and replaced.id == message.id:
            mine = self.messages.get(message.openid, {})
            there = mine.get(replaced.message.place)
            if there is None or there.is_deleted:
                return False
            del mine[replaced.message.place]
            self._leave(there, message.until)
        self.named[name] = message.id, message.at, push_id or message.id
        return self._store(message)

    def _leave(self, there: InboxMessage, until: int) -> None:
        kept = until if there.at == made_at(there.id) else there.at + COUNTED_MS
        gone = replace(there, content=Content(), is_deleted=True, until=kept)
        self.left.setdefault(there.openid, {})[there.place] = gone

    def find_named(self, openid: str, sender_id: str, sender_ref: str) -> Named | None:
        found = self.named.get((openid, sender_id, sender_ref))
        return Named(found[0], found[1], self.find(openid, found[0]), found[2]) if found else None

    def find(self, openid: str, message_id: str) -> InboxMessage | None:
        if not is_message_id(message_id):
            return None
        at = self.moved.get((openid, message_id), made_at(message_id))
        return self.messages.get(openid, {}).get(place_of(at, message_id))

    def read(self, openid: str, place: str) -> InboxMessage | None:
        return self.messages.get(openid, {}).get(place)

    def page(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxMessage]:
        return self._page(self.messages.get(openid, {}), since, after, limit)

    def _page(
        self, mine: dict[str, InboxMessage], since: int, after: str | None, limit: int
    ) -> InboxPage[InboxMessage]:
        places = sorted((one for one in mine if one >= f"I#{since:013}"), reverse=True)
        rest = [one for one in places if after is None or one < after]
        shown = rest[:limit]
        return InboxPage([mine[one] for one in shown], shown[-1] if shown and len(rest) >= limit else None)

    def heads(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxHead]:
        page = self._page(self.messages.get(openid, {}) | self.left.get(openid, {}), since, after, limit)
        return InboxPage([head_of(message) for message in page.entries], page.after)

    def read_marks(self, openid: str) -> ReadMarks:
        mine = self.marks.get(openid, {})
        apps = {appid: mark for appid, mark in mine.items() if appid is not None}
        return ReadMarks(mine.get(None, Mark()), apps)

    def mark_read_to(self, openid: str, at: int, appid: str | None) -> None:
        mark = self._mark(openid, appid)
        self.marks[openid][appid] = replace(mark, read_to=max(mark.read_to, at))

    def mark_deleted_to(self, openid: str, at: int, appid: str | None) -> None:
        mark = self._mark(openid, appid)
        self.marks[openid][appid] = replace(mark, deleted_to=max(mark.deleted_to, at))

    def _mark(self, openid: str, appid: str | None) -> Mark:
        self.writes += 1
        return self.marks.setdefault(openid, {}).get(appid, Mark())

    def mark_read(self, message: InboxMessage, at: int) -> None:
        there = self._there(message)
        if there and there.read_at is None:
            self.messages[message.openid][message.place] = replace(there, read_at=at)

    def keep_text_check(self, message: InboxMessage) -> None:
        if there := self._there(message):
            self.messages[message.openid][message.place] = replace(there, text_check=message.text_check)

    def delete(self, message: InboxMessage, *, is_recall: bool = False) -> bool:
        there = self._there(message)
        if there is None or (is_recall and there.read_at is not None):
            return False
        gone = replace(there, content=Content(), is_deleted=True, is_recalled=is_recall)
        self.messages[message.openid][message.place] = gone
        return True

    def withdraw(self, message: InboxMessage, at: int) -> None:
        mine = self.messages.get(message.openid, {})
        for places in (mine, self.left.get(message.openid, {})):
            for place in (message.place, _at_first_place(message).place):
                if there := places.get(place):
                    bare = replace(there, content=Content(), sender_ref=None)
                    places[place] = replace(bare, is_deleted=True, until=at)

    def empty(self, openid: str, heads: Sequence[InboxHead]) -> None:
        for head in heads:
            if message := self.messages.get(openid, {}).get(place_of(head.at, head.id)):
                self.delete(message)

    def _there(self, message: InboxMessage) -> InboxMessage | None:
        there = self.messages.get(message.openid, {}).get(message.place)
        return there if there and not there.is_deleted else None


def _at_first_place(message: InboxMessage) -> InboxMessage:
    return replace(message, at=made_at(message.id))
