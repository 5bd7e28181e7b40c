"""Items of an inbox in the Centre table, in the partition `user#<openid>`.

    sk                              item
    !read                           up to where messages are read and deleted: read_to, deleted_to, and the same for
                                    an app as read_to#<appid>, deleted_to#<appid>
    I#<ms, 13 digits>#<message id>  a message, or what is left of one
    R#<sender id>#<hash>            which message has a ref of its sender's, and where: message_id, message_at;
                                    push_id: of the push that stored it

    attribute      of a message
    from_kind, from_id, from_name   the sender
    content        a map of texts; none if the message is deleted
    text_check     unless no check is needed
    ref            the sender's own id of the message
    read_at        when the user read it
    deleted        the user has deleted it, or the sender has recalled it
    recalled       the sender has recalled it
    moved_to       the place is empty: the message was replaced, or stored late, and its place had this instant then. The first place of
                   a message has its present instant. Such places count against the limits of the sender
    until          when the message ends, if its item stays longer than that, to count against the limits of the sender
    r_…            the reminder: see minipush.domain.centre.reminders.ReminderState

Instants are in ms; `ttl`, for DynamoDB, in seconds.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from minipush.adapters.dynamodb.centre.keys import Key, hashed, key, user_pk
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.centre.inbox import (
    COUNTED_MS,
    Content,
    InboxHead,
    InboxMessage,
    Mark,
    ReadMarks,
    Sender,
    SenderKind,
    TextCheck,
    place_of,
)
from minipush.domain.centre.message_ids import made_at
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus

type Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON."""

MARKS = "!read"
MESSAGE = "I#"
LAST_MESSAGE = "I#~"
# The attributes that a head needs.
OF_HEADS = ("pk", "sk", "from_kind", "from_id", "from_name", "read_at", "deleted", "moved_to", "until", "ttl")


def user_key(openid: str, sk: str) -> Key:
    return key(user_pk(openid), sk)


def place_since(at: int) -> str:
    return f"{MESSAGE}{at:013}"


def ref_place(sender_id: str, sender_ref: str) -> str:
    """The ref is hashed: it may be long, and hold anything."""
    return f"R#{sender_id}#{hashed(sender_ref)}"


def message_item(message: InboxMessage) -> dict[str, Any]:
    item: dict[str, Any] = {
        **user_key(message.openid, message.place),
        **_sender_attributes(message.sender),
        "content": {"M": {name: {"S": text} for name, text in asdict(message.content).items() if text}},
        "ttl": number(ttl_seconds(_counted_until(message))),
    }
    if _counted_until(message) > message.until:
        item["until"] = number(message.until)
    if message.text_check is not TextCheck.NOT_NEEDED:
        item["text_check"] = {"S": message.text_check.value}
    if message.sender_ref is not None:
        item["ref"] = {"S": message.sender_ref}
    return item | (reminder_attributes(message.reminder) if message.reminder else {})


def moved_item(message: InboxMessage, left: int) -> dict[str, Any]:
    """What a place holds that the message has left, the one of the instant `left` (ms).

    It counts against the limits of the sender. By the first place of its id, the message is found as long as it is kept.
    """
    counted = left + COUNTED_MS
    until = max(message.until, counted) if left == made_at(message.id) else counted
    return {
        **user_key(message.openid, place_of(left, message.id)),
        **_sender_attributes(message.sender),
        "moved_to": number(message.at),
        "deleted": {"BOOL": True},
        "ttl": number(ttl_seconds(until)),
    }


def ref_item(message: InboxMessage, push_id: str) -> dict[str, Any]:
    where = user_key(message.openid, ref_place(message.sender.id, message.sender_ref or ""))
    return {
        **where,
        "message_id": {"S": message.id},
        "message_at": number(message.at),
        "push_id": {"S": push_id},
        "ttl": number(ttl_seconds(message.until)),
    }


def read_message(item: Item) -> InboxMessage:
    at, id_ = _at_and_id(item)
    texts = {name: value["S"] for name, value in item.get("content", {}).get("M", {}).items()}
    return InboxMessage(
        id=id_,
        openid=item["pk"]["S"].removeprefix("user#"),
        at=at,
        sender=_sender(item),
        content=Content(**texts),
        text_check=TextCheck(item["text_check"]["S"]) if "text_check" in item else TextCheck.NOT_NEEDED,
        reminder=read_reminder(item),
        sender_ref=text(item, "ref"),
        read_at=integer(item, "read_at"),
        is_deleted="deleted" in item,
        is_recalled="recalled" in item,
        until=_until(item),
    )


def read_head(item: Item) -> InboxHead:
    at, id_ = _at_and_id(item)
    return InboxHead(id_, at, _sender(item), "read_at" in item, "deleted" in item, _until(item))


def moved_to(item: Item) -> int | None:
    return integer(item, "moved_to")


def reminder_attributes(reminder: ReminderState) -> dict[str, Any]:
    """The attributes that the state has; the others must be missing, or be removed."""
    found = {
        "r_status": {"S": reminder.status.value},
        "r_until": number(reminder.until),
        "r_channel": {"S": reminder.channel.value} if reminder.channel else None,
        "r_tried": {"L": [{"S": kind.value} for kind in reminder.tried]} if reminder.tried else None,
        "r_in_doubt": {"L": [{"S": kind.value} for kind in reminder.in_doubt]} if reminder.in_doubt else None,
        "r_owner": {"S": reminder.owner} if reminder.owner else None,
        "r_lease": number(reminder.lease_until) if reminder.lease_until else None,
        "r_first": number(reminder.first_try) if reminder.first_try is not None else None,
        "r_tries": number(reminder.tries) if reminder.tries else None,
        "r_finds": number(reminder.finds) if reminder.finds else None,
        "r_reason": {"S": reminder.reason.value} if reminder.reason else None,
        "r_provider": {"S": reminder.provider_id} if reminder.provider_id else None,
        "r_official": number(reminder.official_try) if reminder.official_try is not None else None,
        "r_report": {"S": reminder.late_report} if reminder.late_report else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def read_reminder(item: Item) -> ReminderState | None:
    if "r_status" not in item:
        return None
    channel, reason = text(item, "r_channel"), text(item, "r_reason")
    return ReminderState(
        status=ReminderStatus(item["r_status"]["S"]),
        until=int(item["r_until"]["N"]),
        channel=ChannelKind(channel) if channel else None,
        tried=_kinds(item, "r_tried"),
        in_doubt=_kinds(item, "r_in_doubt"),
        owner=text(item, "r_owner"),
        lease_until=integer(item, "r_lease") or 0,
        first_try=integer(item, "r_first"),
        tries=integer(item, "r_tries") or 0,
        finds=integer(item, "r_finds") or 0,
        reason=ReminderReason(reason) if reason else None,
        provider_id=text(item, "r_provider"),
        official_try=integer(item, "r_official"),
        late_report=text(item, "r_report"),
    )


def _kinds(item: Item, name: str) -> tuple[ChannelKind, ...]:
    return tuple(ChannelKind(kind["S"]) for kind in item.get(name, {}).get("L", ()))


def read_marks(item: Item) -> ReadMarks:
    appids = {name.partition("#")[2] for name in item if "#" in name}
    marks = {appid: _mark(item, f"#{appid}") for appid in appids}
    return ReadMarks(_mark(item, ""), marks)


def _mark(item: Item, suffix: str) -> Mark:
    return Mark(integer(item, f"read_to{suffix}") or 0, integer(item, f"deleted_to{suffix}") or 0)


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def integer(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def text(item: Item, name: str) -> str | None:
    return str(item[name]["S"]) if name in item else None


def _at_and_id(item: Item) -> tuple[int, str]:
    at, _, id_ = item["sk"]["S"].removeprefix(MESSAGE).partition("#")
    return int(at), id_


def _counted_until(message: InboxMessage) -> int:
    return max(message.until, message.at + COUNTED_MS)


def _until(item: Item) -> int:
    until = integer(item, "until")
    return int(item["ttl"]["N"]) * 1000 if until is None else until


def _sender_attributes(sender: Sender) -> dict[str, Any]:
    return {
        "from_kind": {"S": sender.kind.value},
        "from_id": {"S": sender.id},
        "from_name": {"S": sender.name},
    }


def _sender(item: Item) -> Sender:
    return Sender(SenderKind(item["from_kind"]["S"]), item["from_id"]["S"], item["from_name"]["S"])
