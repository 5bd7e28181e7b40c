"""UpdateItem's expressions, made from what is to change."""

import re
from collections.abc import Mapping
from typing import Any

type Attributes = Mapping[str, Mapping[str, Any] | None]
"""Attributes in DynamoDB's own JSON, by name; None for one that isn't there, or is to go."""


def update(
    condition: str, compared: Attributes, changes: Attributes, first: Attributes | None = None
) -> dict[str, Any]:
    """Arguments of a conditional update. What changes to None goes away; `first` is set unless it is there.

    The condition writes names as `#name`, and the values of `compared` as `:name`, which no change may be
    called.
    """
    sets = [f"#{name} = :{name}" for name, value in changes.items() if value]
    sets += [f"#{name} = if_not_exists(#{name}, :{name})" for name in first or ()]
    removes = [f"#{name}" for name, value in changes.items() if not value]
    expression = " ".join(
        f"{verb} {', '.join(parts)}" for verb, parts in (("SET", sets), ("REMOVE", removes)) if parts
    )
    values = {**changes, **(first or {}), **compared}
    return {
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {mark: mark[1:] for mark in re.findall(r"#\w+", expression + condition)},
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items() if value},
    }
