"""Inboxes in the Centre table."""

from collections.abc import Mapping, Sequence
from typing import Any

from minipush.adapters.dynamodb.centre.inbox_items import (
    LAST_MESSAGE,
    MARKS,
    OF_HEADS,
    message_item,
    moved_item,
    moved_to,
    number,
    place_since,
    read_head,
    read_marks,
    read_message,
    ref_item,
    ref_place,
    user_key,
)
from minipush.adapters.dynamodb.centre.keys import user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.centre.inbox import InboxPage, Named
from minipush.domain.centre.inbox import InboxHead, InboxMessage, ReadMarks, place_of
from minipush.domain.centre.message_ids import id_at, is_message_id, made_at

type Write = tuple[str, Mapping[str, Any]]

NEW = {"ConditionExpression": "attribute_not_exists(sk)"}
IS_ITEM = "attribute_exists(sk)"
IS_THERE = f"{IS_ITEM} AND attribute_not_exists(deleted)"
HEADS = {
    "ProjectionExpression": ", ".join(f"#{name}" for name in OF_HEADS),
    "ExpressionAttributeNames": {f"#{name}": name for name in OF_HEADS},
}


class DynamoInboxStore:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    # ---- storing

    def put(self, message: InboxMessage) -> bool:
        if _is_at_first_place(message):
            return self._table.insert(message_item(message))
        return not self._table.transact(put_new(message), _take_first_place(message))

    def put_named(self, message: InboxMessage, replaced: Named | None, push_id: str | None = None) -> bool:
        writes: list[Write] = [put_new(message), _put_ref(ref_item(message, push_id or message.id), replaced)]
        if replaced and replaced.message and replaced.id == message.id:
            writes += _emptied(message, replaced.message)
        elif not _is_at_first_place(message):
            writes.append(_take_first_place(message))
        return not self._table.transact(*writes)

    # ---- reading

    def find_named(self, openid: str, sender_id: str, sender_ref: str) -> Named | None:
        pointer = self._table.get(user_key(openid, ref_place(sender_id, sender_ref)))
        if not pointer:
            return None
        id_, at = pointer["message_id"]["S"], int(pointer["message_at"]["N"])
        item = self._table.get(user_key(openid, place_of(at, id_)))
        message = read_message(item) if item and moved_to(item) is None else None
        # Pointers written before 2026-11-30 have no push_id: then the message's instant stands for it.
        push_id = pointer["push_id"]["S"] if "push_id" in pointer else id_at(id_, at)
        return Named(id_, at, message, push_id)

    def find(self, openid: str, message_id: str) -> InboxMessage | None:
        if not is_message_id(message_id):
            return None
        item = self._table.get(user_key(openid, place_of(made_at(message_id), message_id)))
        moved = moved_to(item)
        if moved is not None:
            item = self._table.get(user_key(openid, place_of(moved, message_id)))
        return read_message(item) if item else None

    def read(self, openid: str, place: str) -> InboxMessage | None:
        item = self._table.get(user_key(openid, place))
        return read_message(item) if item else None

    def page(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxMessage]:
        items, end = self._query(openid, since, after, limit, {})
        return InboxPage([read_message(item) for item in items if moved_to(item) is None], end)

    def heads(self, openid: str, since: int, after: str | None, limit: int) -> InboxPage[InboxHead]:
        items, end = self._query(openid, since, after, limit, HEADS)
        return InboxPage([read_head(item) for item in items], end)

    def _query(
        self, openid: str, since: int, after: str | None, limit: int, how: Mapping[str, Any]
    ) -> tuple[list[dict[str, Any]], str | None]:
        first = place_since(since)
        return self._table.query_back(user_pk(openid), first, LAST_MESSAGE, after, limit, **how)

    def read_marks(self, openid: str) -> ReadMarks:
        return read_marks(self._table.get(user_key(openid, MARKS)))

    # ---- changing

    def mark_read_to(self, openid: str, at: int, appid: str | None) -> None:
        self._mark(openid, "read_to", at, appid)

    def mark_deleted_to(self, openid: str, at: int, appid: str | None) -> None:
        self._mark(openid, "deleted_to", at, appid)

    def _mark(self, openid: str, what: str, at: int, appid: str | None) -> None:
        """The name of the attribute is in the condition by the number that `update` gives it."""
        name = f"{what}#{appid}" if appid else what
        request = update("", {}, {name: number(at)})
        condition = "attribute_not_exists(#change0) OR #change0 < :change0"
        self._table.update(user_key(openid, MARKS), {**request, "ConditionExpression": condition})

    def mark_read(self, message: InboxMessage, at: int) -> None:
        condition = f"{IS_THERE} AND attribute_not_exists(read_at)"
        self._table.update(_key(message), update(condition, {}, {"read_at": number(at)}))

    def keep_text_check(self, message: InboxMessage) -> None:
        checked = {"text_check": {"S": message.text_check.value}}
        self._table.update(_key(message), update(IS_THERE, {}, checked))

    def delete(self, message: InboxMessage, *, is_recall: bool = False) -> bool:
        changes: dict[str, dict[str, Any] | None] = {"deleted": {"BOOL": True}, "content": None}
        condition = IS_THERE
        if is_recall:
            condition += " AND attribute_not_exists(read_at)"
            changes["recalled"] = {"BOOL": True}
        return self._table.update(_key(message), update(condition, {}, changes)) is not None

    def withdraw(self, message: InboxMessage, at: int) -> None:
        """Each item if it is there: an erasure may have taken it."""
        expired = {"ttl": number(ttl_seconds(at))}
        gone = {"deleted": {"BOOL": True}, "content": None, "ref": None, "until": None}
        self._table.update(_key(message), update(IS_ITEM, {}, gone | expired))
        first = place_of(made_at(message.id), message.id)
        named = ref_place(message.sender.id, message.sender_ref) if message.sender_ref is not None else first
        for place in {first, named} - {message.place}:
            self._table.update(user_key(message.openid, place), update(IS_ITEM, {}, expired))

    def empty(self, openid: str, heads: Sequence[InboxHead]) -> None:
        keys = [user_key(openid, place_of(head.at, head.id)) for head in heads]
        self._table.change_each("SET deleted = ? REMOVE content", [{"BOOL": True}], keys)


def _key(message: InboxMessage) -> dict[str, dict[str, str]]:
    return user_key(message.openid, message.place)


def _is_at_first_place(message: InboxMessage) -> bool:
    return message.at == made_at(message.id)


def put_new(message: InboxMessage) -> Write:
    """Of a message that the table has not had before."""
    return "Put", {"Item": message_item(message), **NEW}


def _take_first_place(message: InboxMessage) -> Write:
    """So that an earlier try that is still under way stores nothing."""
    return "Put", {"Item": moved_item(message, made_at(message.id)), **NEW}


def _put_ref(item: dict[str, Any], replaced: Named | None) -> Write:
    """The condition keeps two messages with the same ref from standing side by side."""
    if replaced is None:
        return "Put", {"Item": item, **NEW}
    is_same = {
        "ConditionExpression": "message_id = :id AND message_at = :at",
        "ExpressionAttributeValues": {":id": {"S": replaced.id}, ":at": number(replaced.at)},
    }
    return "Put", {"Item": item, **is_same}


def _emptied(message: InboxMessage, replaced: InboxMessage) -> list[Write]:
    """The message leaves its place, which still counts. The first place of its id says where it is now."""
    left: Write = "Put", {"Item": moved_item(message, replaced.at), "ConditionExpression": IS_THERE}
    first = made_at(message.id)
    return [left] if replaced.at == first else [left, ("Put", {"Item": moved_item(message, first)})]
