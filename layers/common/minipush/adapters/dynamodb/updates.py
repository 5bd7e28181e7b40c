"""UpdateItem's expressions, made from what is to change."""

import re
from collections.abc import Mapping
from typing import Any

type Attributes = Mapping[str, Mapping[str, Any] | None]
"""Attributes in DynamoDB's own JSON, by name; None for one that isn't there, or is to go."""


def update(
    condition: str, compared: Attributes, changes: Attributes, first: Attributes | None = None
) -> dict[str, Any]:
    """Arguments of an update. What changes to None goes away; `first` is set unless it is there.

    The condition, empty for none, writes names as `#name`, and the values of `compared` as `:name`. Names of
    changes are numbered: they may hold what a placeholder may not.
    """
    marks = {name: f"change{n}" for n, name in enumerate((*changes, *(first or ())))}
    sets = [f"#{marks[name]} = :{marks[name]}" for name, value in changes.items() if value]
    sets += [f"#{marks[name]} = if_not_exists(#{marks[name]}, :{marks[name]})" for name in first or ()]
    removes = [f"#{marks[name]}" for name, value in changes.items() if not value]
    given = {marks[name]: value for name, value in {**changes, **(first or {})}.items()} | {**compared}
    request = {
        "UpdateExpression": " ".join(
            f"{verb} {', '.join(parts)}" for verb, parts in (("SET", sets), ("REMOVE", removes)) if parts
        ),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {mark: mark[1:] for mark in re.findall(r"#\w+", condition)}
        | {f"#{mark}": name for name, mark in marks.items()},
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items() if value},
    }
    return {name: argument for name, argument in request.items() if argument}
