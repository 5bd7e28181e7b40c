"""What apps push, in the Centre table, in the partition `use#<appid>`.

sk                     attributes
s#<second>             taken: the requests of one second
b#<yyyy-mm-dd>         ids: of the broadcasts of a day (UTC)
d#<yyyy-mm-dd>         all: the messages of a day (UTC); h00 to h23: those of its hours
"""

from collections.abc import Callable
from typing import Any

from minipush.adapters.dynamodb.centre.inbox_items import integer
from minipush.adapters.dynamodb.centre.inbox_items import number as number_of
from minipush.adapters.dynamodb.centre.keys import Key, key
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import update
from minipush.domain.timestamps import DAY_MS, MINUTE_MS, iso

KEPT_MS = 3 * DAY_MS


class DynamoAppUse:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def take_requests(self, appid: str, second: int, number: int, most: int) -> bool:
        """The condition leaves room for what is added. More than `most` at once never has room."""
        if number > most:
            return False
        condition = "attribute_not_exists(#taken) OR #taken <= :room"
        room = {"room": number_of(most - number)}
        request = update(condition, room, {}, first=_ttl(second * 1000 + MINUTE_MS), added={"taken": number})
        return self._table.update(key(f"use#{appid}", f"s#{second}"), request) is not None

    def take_broadcast(self, appid: str, at: int, campaign_id: str, most: int) -> bool:
        """The set tells a repeat, so that a try that died after it costs nothing more."""
        if most < 1:
            return False
        condition = "attribute_not_exists(#ids) OR size(#ids) < :most OR contains(#ids, :id)"
        compared: dict[str, Any] = {
            "most": number_of(most),
            "id": {"S": campaign_id},
            "added": {"SS": [campaign_id]},
        }
        request = update(condition, compared, {}, first=_ttl(at + KEPT_MS))
        request["UpdateExpression"] += " ADD #ids :added"
        return self._table.update(key(f"use#{appid}", f"b#{iso(at)[:10]}"), request) is not None

    def add_messages(self, appid: str, at: int, number: int) -> None:
        request = update("", {}, {}, first=_ttl(at + KEPT_MS), added={_hour(at): number})
        self._table.update(_day(appid, at), request)

    def messages_of_day(self, appid: str, at: int) -> int:
        today, yesterday = (self._table.get(_day(appid, then)) for then in (at, at - DAY_MS))
        hour = _hour(at)
        return _sum(today, lambda name: name <= hour) + _sum(yesterday, lambda name: name > hour)


def _day(appid: str, at: int) -> Key:
    return key(f"use#{appid}", f"d#{iso(at)[:10]}")


def _hour(at: int) -> str:
    return f"h{iso(at)[11:13]}"


def _ttl(kept_until: int) -> dict[str, dict[str, str]]:
    return {"ttl": number_of(ttl_seconds(kept_until))}


def _sum(day: Item, counts: Callable[[str], bool]) -> int:
    hours = [name for name in day if name.startswith("h") and counts(name)]
    return sum(integer(day, name) or 0 for name in hours)
