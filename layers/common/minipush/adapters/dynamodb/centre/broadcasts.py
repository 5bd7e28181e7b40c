"""Broadcasts in the Centre table, and the users whom they are for.

attribute    of the item broadcast#<campaign id> / !broadcast
appid
content      a map of texts
level        the push's own; left out where it has none
reminded     for so long (ms) users are reminded
text_check
ttl          s
"""

from collections.abc import Sequence
from dataclasses import asdict

from minipush.adapters.dynamodb.centre.bindings import FIRST, read_binding
from minipush.adapters.dynamodb.centre.inbox_items import number
from minipush.adapters.dynamodb.centre.keys import Key, binding_key, bound_pk, key
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.centre.bindings import BoundUser
from minipush.domain.centre.broadcasts import Broadcast
from minipush.domain.centre.inbox import Content, Level, TextCheck
from minipush.domain.centre.pushes import Push


class DynamoBroadcasts:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def add(self, broadcast: Broadcast) -> None:
        self._table.insert(_item(broadcast))

    def read(self, campaign_id: str) -> Broadcast | None:
        item = self._table.get(_key(campaign_id))
        return _read(campaign_id, item) if item else None


class DynamoBoundUsers:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def openids(self, appid: str, part: int, after: str | None, limit: int) -> list[str]:
        listed = self._table.query(
            bound_pk(appid, part), "sk > :after", {"after": after or FIRST}, Limit=limit
        )
        return [item["sk"]["S"] for item in listed]

    def bound(self, appid: str, openids: Sequence[str]) -> list[BoundUser]:
        items = self._table.get_many([binding_key(openid, appid) for openid in openids])
        return [BoundUser(item["pk"]["S"].removeprefix("user#"), read_binding(item)) for item in items]


def _key(campaign_id: str) -> Key:
    return key(f"broadcast#{campaign_id}", "!broadcast")


def _item(broadcast: Broadcast) -> Item:
    push = broadcast.push
    item: Item = {
        **_key(broadcast.campaign_id),
        "appid": {"S": broadcast.appid},
        "content": {"M": {name: {"S": text} for name, text in asdict(push.content).items() if text}},
        "reminded": number(push.reminded_ms),
        "text_check": {"S": broadcast.text_check.value},
        "ttl": number(ttl_seconds(broadcast.until)),
    }
    return item | ({"level": {"S": push.level.value}} if push.level else {})


def _read(campaign_id: str, item: Item) -> Broadcast:
    texts = {name: value["S"] for name, value in item["content"]["M"].items()}
    level = Level(item["level"]["S"]) if "level" in item else None
    return Broadcast(
        campaign_id=campaign_id,
        appid=item["appid"]["S"],
        push=Push(content=Content(**texts), level=level, reminded_ms=int(item["reminded"]["N"])),
        text_check=TextCheck(item["text_check"]["S"]),
        until=int(item["ttl"]["N"]) * 1000,
    )
