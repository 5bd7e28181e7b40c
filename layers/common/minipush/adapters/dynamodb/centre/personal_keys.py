"""Personal keys in the Centre table.

    attribute     of the item K#<ref>
    hash          SHA-256 of the key
    label, level  as the user set them
    made_at       ms
    expires_at    ms, if it expires
    paused        whether it is paused

Beside it, a pointer leads from the key to its user. The item decides. The item !centre counts the user's keys.
"""

from collections.abc import Mapping
from typing import Any

from minipush.adapters.dynamodb.centre.keys import PREFERENCES, key, personal_key_key, pointer_key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.updates import update
from minipush.domain.centre.inbox import Level
from minipush.domain.centre.personal_keys import MAX_KEYS, PersonalKey

COUNT = "personal_keys"
_NEW = {"ConditionExpression": "attribute_not_exists(pk)"}
_THERE = {"ConditionExpression": "attribute_exists(pk)"}


class DynamoPersonalKeys:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def read_all(self, openid: str) -> list[PersonalKey]:
        items = self._table.query(user_pk(openid), "begins_with(sk, :prefix)", {"prefix": "K#"})
        return [_read(item) for item in items]

    def add(self, openid: str, key: PersonalKey) -> bool:
        room = f"attribute_not_exists(#{COUNT}) OR #{COUNT} < :most"
        counted = update(room, {"most": {"N": str(MAX_KEYS)}}, {}, added={COUNT: 1})
        return not self._table.transact(
            ("Put", {"Item": _item(openid, key), **_NEW}),
            ("Put", {"Item": _pointer(openid, key), **_NEW}),
            ("Update", {"Key": _counter(openid), **counted}),
        )

    def change(self, openid: str, ref: str, changes: Mapping[str, Any]) -> PersonalKey | None:
        """An item that is changed attribute by attribute loses no change that is made at the same time."""
        attributes = dict(_attribute(name, value) for name, value in changes.items())
        request = update("attribute_exists(#pk)", {}, attributes)
        item = self._table.update(personal_key_key(openid, ref), request)
        return _read(item) if item else None

    def remove(self, openid: str, ref: str) -> bool:
        return not self._table.transact(
            ("Delete", {"Key": personal_key_key(openid, ref), **_THERE}),
            ("Delete", {"Key": pointer_key(ref)}),
            ("Update", {"Key": _counter(openid), **update("", {}, {}, added={COUNT: -1})}),
        )


def _counter(openid: str) -> dict[str, dict[str, str]]:
    return key(user_pk(openid), PREFERENCES)


def _attribute(name: str, value: Any) -> tuple[str, dict[str, Any] | None]:
    match name:
        case "label":
            return name, {"S": value}
        case "level":
            return name, {"S": value.value}
        case "expires_at":
            return name, None if value is None else {"N": str(value)}
        case _:
            return "paused", {"BOOL": value}


def _item(openid: str, key: PersonalKey) -> Item:
    settings = (
        _attribute(name, getattr(key, name)) for name in ("label", "level", "expires_at", "is_paused")
    )
    return {
        **personal_key_key(openid, key.ref),
        "hash": {"S": key.hash},
        "made_at": {"N": str(key.made_at)},
        **{name: value for name, value in settings if value},
    }


def _pointer(openid: str, key: PersonalKey) -> Item:
    return {
        **pointer_key(key.ref),
        "hash": {"S": key.hash},
        "kind": {"S": "key"},
        "openid": {"S": openid},
    }


def _read(item: Mapping[str, Any]) -> PersonalKey:
    return PersonalKey(
        ref=item["sk"]["S"].removeprefix("K#"),
        hash=item["hash"]["S"],
        label=item["label"]["S"],
        level=Level(item["level"]["S"]),
        made_at=int(item["made_at"]["N"]),
        expires_at=int(item["expires_at"]["N"]) if "expires_at" in item else None,
        is_paused=item["paused"]["BOOL"],
    )
