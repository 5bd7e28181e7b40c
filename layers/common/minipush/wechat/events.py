"""The events of subscription messages, out of the shapes that WeChat gives them.

Source: framework/open-ability/subscribe-message on developers.weixin.qq.com. XML has `List` inside an element named
after the event, JSON has it at the top or there; it is an object for one entry and an array for more, and
numbers may be texts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minipush.wechat.push_bodies import Fields


@dataclass(frozen=True, slots=True)
class Choice:
    """`status` is what the user chose: `accept`, `reject`."""

    template_id: str
    status: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`errcode` is 0 for a message that arrived, None where WeChat gives none that can be read."""

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
    """The user changed the settings. `created_at` is in seconds."""

    openid: str
    created_at: int
    entries: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SentEvent:
    """What became of messages that WeChat had taken. `created_at` is in seconds."""

    openid: str
    created_at: int
    entries: tuple[DeliveryReport, ...]


type Event = PopupEvent | ChangeEvent | SentEvent


def read_event(fields: Fields) -> Event | None:
    """None for any other push, and for one that doesn't say whom it is about, or since when."""
    read = _READERS.get(str(fields.get("Event"))) if fields.get("MsgType") == "event" else None
    openid, created_at = _text(fields.get("FromUserName")), _number(fields.get("CreateTime"))
    if read is None or openid is None or created_at is None:
        return None
    return read(openid, created_at, _entries(fields))


def _popup(openid: str, created_at: int, entries: list[Fields]) -> PopupEvent:
    return PopupEvent(openid, created_at, _choices(entries))


def _change(openid: str, created_at: int, entries: list[Fields]) -> ChangeEvent:
    return ChangeEvent(openid, created_at, _choices(entries))


def _sent(openid: str, created_at: int, entries: list[Fields]) -> SentEvent:
    read = (
        DeliveryReport(_text(entry.get("TemplateId")) or "", _text(entry.get("MsgID")) or "", _errcode(entry))
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
    read = ((_text(entry.get("TemplateId")), _text(entry.get("SubscribeStatusString"))) for entry in entries)
    return tuple(Choice(template_id, status) for template_id, status in read if template_id and status)


def _entries(fields: Fields) -> list[Fields]:
    holders = [fields, *(inner for name in _WRAPPERS for inner in _objects(fields.get(name)))]
    return [entry for holder in holders for entry in _objects(holder.get("List"))]


def _objects(value: Any) -> list[Fields]:
    """One or many."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict)]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> int | None:
    try:
        return int(_text(value) or "")
    except ValueError:
        return None


def _errcode(entry: Fields) -> int | None:
    if "ErrorCode" not in entry and entry.get("ErrorStatus") == "success":
        return 0
    return _number(entry.get("ErrorCode"))
