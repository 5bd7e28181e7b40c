"""The events that WeChat pushes about subscriptions.

Source: framework/open-ability/subscribe-message on developers.weixin.qq.com.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

POPUP = "subscribe_msg_popup_event"
CHANGE = "subscribe_msg_change_event"
SENT = "subscribe_msg_sent_event"
IN_A_PAGE = "0"
# of the official account: see Event_pushes on developers.weixin.qq.com
SUBSCRIBE = "subscribe"
UNSUBSCRIBE = "unsubscribe"
SCAN = "SCAN"
FINISHED = "TEMPLATESENDJOBFINISH"

Entry = Mapping[str, str | int]
EmitEvent = Callable[[str, str, tuple[Entry, ...]], None]
"""openid, the event's name, its entries"""


@dataclass(frozen=True, slots=True)
class Event:
    """`entries` is the event's List; its numbers are strings, as in WeChat's JSON. `at` in seconds.

    An event of the official account (`is_official`) has `fields` instead.
    """

    openid: str
    name: str
    entries: tuple[Entry, ...]
    at: int
    fields: Entry = field(default_factory=dict)
    is_official: bool = False


def choices(made: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
    """The entries of a popup. `made`: pairs of template id and accept or reject."""
    return tuple(
        {"TemplateId": template_id, "SubscribeStatusString": choice, "PopupScene": IN_A_PAGE}
        for template_id, choice in made
    )


def turned_off(template_id: str) -> tuple[Entry, ...]:
    return ({"TemplateId": template_id, "SubscribeStatusString": "reject"},)


def result(template_id: str, msgid: int, error_code: int = 0, status: str = "success") -> tuple[Entry, ...]:
    """The delivery report of an accepted message."""
    return (
        {
            "TemplateId": template_id,
            "MsgID": str(msgid),
            "ErrorCode": str(error_code),
            "ErrorStatus": status,
        },
    )
