"""Reads the events of the official account, in XML.

Source: the pages on event pushes (接收事件推送) and template messages on developers.weixin.qq.com.
"""

from dataclasses import dataclass
from typing import Final

from minipush.wechat.events import number_of, text_of
from minipush.wechat.push_bodies import Fields

_FOLLOWS: Final = {"subscribe": True, "SCAN": True, "unsubscribe": False}
_FINISHED: Final = "TEMPLATESENDJOBFINISH"


@dataclass(frozen=True, slots=True)
class FollowEvent:
    """`follows`: False after an unfollow. A follower who scans a code of the account follows. `created_at`: in seconds."""

    openid: str
    created_at: int
    follows: bool


@dataclass(frozen=True, slots=True)
class SendFinishedEvent:
    """`status`: WeChat's words, `success` or such as `failed:user block`. `msgid` is empty where WeChat's is 0."""

    openid: str
    created_at: int
    msgid: str
    status: str


def read_official_event(fields: Fields) -> FollowEvent | SendFinishedEvent | None:
    """None for any other push, and for one without an openid or a time."""
    openid, created_at = text_of(fields.get("FromUserName")), number_of(fields.get("CreateTime"))
    name = text_of(fields.get("Event")) if text_of(fields.get("MsgType")) == "event" else None
    if openid is None or created_at is None or name is None:
        return None
    if name in _FOLLOWS:
        return FollowEvent(openid, created_at, _FOLLOWS[name])
    if name != _FINISHED:
        return None
    # Two spellings: MsgID in the samples, MsgId elsewhere.
    msgid = text_of(fields.get("MsgID")) or text_of(fields.get("MsgId")) or ""
    status = text_of(fields.get("Status")) or ""
    return SendFinishedEvent(openid, created_at, "" if msgid == "0" else msgid, status)
