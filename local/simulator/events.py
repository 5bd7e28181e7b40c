"""The events that WeChat pushes of subscription messages: what happened, to whom, when.

Source: framework/open-ability/subscribe-message on developers.weixin.qq.com.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

POPUP = "subscribe_msg_popup_event"
CHANGE = "subscribe_msg_change_event"
SENT = "subscribe_msg_sent_event"
IN_A_PAGE = "0"

Entry = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Event:
    """`entries` is the event's List; numbers are texts in it, as in WeChat's JSON. `at` in seconds."""

    openid: str
    name: str
    entries: tuple[Entry, ...]
    at: int


def choices(made: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
    """Of the popup: (template_id, accept or reject)."""
    return tuple(
        {"TemplateId": template_id, "SubscribeStatusString": choice, "PopupScene": IN_A_PAGE}
        for template_id, choice in made
    )


def turned_off(template_id: str) -> tuple[Entry, ...]:
    return ({"TemplateId": template_id, "SubscribeStatusString": "reject"},)


def result(template_id: str, msgid: int, error_code: int = 0, status: str = "success") -> tuple[Entry, ...]:
    """Of a message that was taken before."""
    return (
        {
            "TemplateId": template_id,
            "MsgID": str(msgid),
            "ErrorCode": str(error_code),
            "ErrorStatus": status,
        },
    )
