"""How users want to be reminded, in the Centre table.

attribute      of the item !centre; each is there once the user has set it
channels       kinds of channels, in the user's order
dnd            do not disturb: until when (ms), or 0 for good
on_unknown     next, stop
receipts       whether apps get them
"""

from collections.abc import Mapping, Sequence
from typing import Any

from minipush.adapters.dynamodb.centre.keys import PREFERENCES, key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.updates import update
from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown, Preferences
from minipush.domain.centre.reminders import ChannelKind

_KINDS = frozenset(kind.value for kind in ChannelKind)
_FOR_GOOD = 0


class DynamoPreferences:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def read(self, openid: str) -> Preferences:
        return read_preferences(self._table.get(key(user_pk(openid), PREFERENCES)))

    def change(self, openid: str, changes: Mapping[str, Any]) -> Preferences:
        """An item that is changed attribute by attribute loses no change that is made at the same time."""
        if not changes:
            return self.read(openid)
        attributes = dict(_attribute(name, value) for name, value in changes.items())
        item = self._table.update(key(user_pk(openid), PREFERENCES), update("", {}, attributes))
        return read_preferences(item or {})


def _attribute(name: str, value: Any) -> tuple[str, dict[str, Any] | None]:
    match name:
        case "channels":
            return name, {"L": [{"S": kind.value} for kind in value]}
        case "do_not_disturb":
            return "dnd", dnd_value(value)
        case "on_unknown":
            return name, {"S": value.value}
        case _:
            return name, {"BOOL": value}


def read_preferences(item: Mapping[str, Any]) -> Preferences:
    """What was never set is the default."""
    default = Preferences()
    named = item.get("channels", {}).get("L")
    return Preferences(
        channels=default.channels if named is None else _kinds(named),
        do_not_disturb=read_dnd(item),
        on_unknown=OnUnknown(item.get("on_unknown", {}).get("S", default.on_unknown)),
        receipts=item.get("receipts", {}).get("BOOL", default.receipts),
    )


def _kinds(named: Sequence[Mapping[str, str]]) -> tuple[ChannelKind, ...]:
    return tuple(ChannelKind(entry["S"]) for entry in named if entry["S"] in _KINDS)


def dnd_value(do_not_disturb: DoNotDisturb | None) -> dict[str, str] | None:
    """The attribute `dnd`; None where it has to be missing."""
    if do_not_disturb is None:
        return None
    until = do_not_disturb.until
    # The instant 0 is long over, and so is the next one.
    return {"N": str(_FOR_GOOD if until is None else until or 1)}


def read_dnd(item: Mapping[str, Any]) -> DoNotDisturb | None:
    if "dnd" not in item:
        return None
    until = int(item["dnd"]["N"])
    return DoNotDisturb(None if until == _FOR_GOOD else until)
