"""Values of the Campaigns table in DynamoDB's JSON. Those that are never read alone are stored together as compact JSON."""

import json
from collections.abc import Mapping
from typing import Any

from minipush.adapters.dynamodb.updates import Attributes

type Item = dict[str, dict[str, Any]]
type Value = str | int | None


def attributes(values: Mapping[str, Value]) -> Attributes:
    return {name: _attribute(value) for name, value in values.items()}


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: _value(attribute) for name, attribute in item.items()}


def _attribute(value: Value) -> dict[str, Any] | None:
    match value:
        case None:
            return None
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": str(value)}


def _value(attribute: Mapping[str, Any]) -> str | int | bool | list[Any]:
    match attribute:
        case {"L": entries}:
            return [_value(entry) for entry in entries]
        case {"N": digits}:
            return int(digits)
        case {"BOOL": bool(truth)}:
            return truth
        case _:
            return str(attribute["S"])


def given(fields: Attributes) -> Item:
    return {name: value for name, value in fields.items() if value}


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
