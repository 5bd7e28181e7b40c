"""Reads the events of subscription messages from the formats that WeChat uses.

Source: framework/open-ability/subscribe-message on developers.weixin.qq.com. In XML, `List` is inside an element named
after the event; in JSON, it is there or at the top. `List` is an object for one entry and an array for more.
Numbers may be strings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minipush.wechat.errors import MalformedPushError
from minipush.wechat.push_bodies import Fields

# WeChat's events have an entry for each template that a user answered or changed, and an account has 25 templates.
# Each entry costs work, and WeChat waits for five seconds.
MAX_ENTRIES = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """`status` is the user's choice: `accept`, `reject`."""

    template_id: str
    status: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`errcode` is 0 for a message that arrived, None if WeChat's value can't be read."""

    template_id: str
    msgid: str
    errcode: int | None


@dataclass(frozen=True, slots=True)
class PopupEvent:
    """The user answered wx.requestSubscribeMessage. `created_at` is in seconds."""

    openid: str
    created_at: int
    entries: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """The user changed the subscription settings. `created_at` is in seconds."""

    openid: str
    created_at: int
    entries: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SentEvent:
    """The results of messages that WeChat had accepted. `created_at` is in seconds."""

    openid: str
    created_at: int
    entries: tuple[DeliveryReport, ...]


type Event = PopupEvent | ChangeEvent | SentEvent


def read_event(fields: Fields) -> Event | None:
    """None for any other push, and for one without an openid or a time.

    Raises MalformedPushError for an event with more than MAX_ENTRIES entries.
    """
    read = (
        _READERS.get(text_of(fields.get("Event")) or "")
        if text_of(fields.get("MsgType")) == "event"
        else None
    )
    openid, created_at = text_of(fields.get("FromUserName")), number_of(fields.get("CreateTime"))
    if read is None or openid is None or created_at is None:
        return None
    return read(openid, created_at, _entries(fields))


def _popup(openid: str, created_at: int, entries: list[Fields]) -> PopupEvent:
    return PopupEvent(openid, created_at, _choices(entries))


def _change(openid: str, created_at: int, entries: list[Fields]) -> ChangeEvent:
    return ChangeEvent(openid, created_at, _choices(entries))


def _sent(openid: str, created_at: int, entries: list[Fields]) -> SentEvent:
    read = (
        DeliveryReport(
            text_of(entry.get("TemplateId")) or "", text_of(entry.get("MsgID")) or "", _errcode(entry)
        )
        for entry in entries
    )
    return SentEvent(openid, created_at, tuple(read))


_READERS: dict[str, Callable[[str, int, list[Fields]], Event]] = {
    "subscribe_msg_popup_event": _popup,
    "subscribe_msg_change_event": _change,
    "subscribe_msg_sent_event": _sent,
}
_WRAPPERS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")


def _choices(entries: list[Fields]) -> tuple[Choice, ...]:
    read = (
        (text_of(entry.get("TemplateId")), text_of(entry.get("SubscribeStatusString"))) for entry in entries
    )
    return tuple(Choice(template_id, status) for template_id, status in read if template_id and status)


def _entries(fields: Fields) -> list[Fields]:
    holders = [fields, *(inner for name in _WRAPPERS for inner in _objects(fields.get(name)))]
    entries = [entry for holder in holders for entry in _objects(holder.get("List"))]
    if len(entries) > MAX_ENTRIES:
        raise MalformedPushError(f"the event has more than {MAX_ENTRIES} entries")
    return entries


def _objects(value: Any) -> list[Fields]:
    """The objects in a value that is one object or an array."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def text_of(value: Any) -> str | None:
    """A text without blanks around it, or a number as text; None for an empty one."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def number_of(value: Any) -> int | None:
    """A number, which may be written as text."""
    try:
        return int(text_of(value) or "")
    except ValueError:
        return None


def _errcode(entry: Fields) -> int | None:
    if "ErrorCode" not in entry and entry.get("ErrorStatus") == "success":
        return 0
    return number_of(entry.get("ErrorCode"))
