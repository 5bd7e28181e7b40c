"""The expressions of UpdateItem."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

type Attributes = Mapping[str, dict[str, Any] | None]
"""Attributes in DynamoDB's JSON, by name. None stands for an attribute that is missing or to be removed."""


def update(
    condition: str,
    compared: Attributes,
    changes: Attributes,
    first: Attributes | None = None,
    added: Mapping[str, int] | None = None,
    appended: Attributes | None = None,
) -> dict[str, Any]:
    """The arguments of an update.

    Attributes that change to None are removed. Attributes in `first` are set unless they exist. Numbers in `added`
    are added to attributes. Lists in `appended` are appended to attributes. The condition, which may be empty, writes names as `#name` and the values of `compared`
    as `:name`.
    """
    initial, sums = first or {}, {name: {"N": str(number)} for name, number in (added or {}).items()}
    lists = appended or {}
    # Names of changes are numbered, for they may hold characters that a placeholder must not.
    marks = {name: f"change{n}" for n, name in enumerate((*changes, *initial, *sums, *lists))}
    changed = {**changes, **initial, **sums, **lists}
    values = {marks[name]: value for name, value in changed.items()} | dict(compared)
    values |= {"empty": {"L": []}} if lists else {}
    request = {
        "UpdateExpression": _expression(changes, (initial, lists), sums, marks),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": _names(condition, marks),
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items() if value},
    }
    return {name: argument for name, argument in request.items() if argument}


def _expression(
    changes: Attributes,
    initial_and_lists: tuple[Iterable[str], Iterable[str]],
    sums: Iterable[str],
    marks: Mapping[str, str],
) -> str:
    initial, lists = initial_and_lists
    sets = [_assignment(marks[name]) for name, value in changes.items() if value]
    sets += [_initialisation(marks[name]) for name in initial]
    sets += [_appending(marks[name]) for name in lists]
    removes = [f"#{marks[name]}" for name, value in changes.items() if not value]
    adds = [f"#{marks[name]} :{marks[name]}" for name in sums]
    clauses = (("SET", sets), ("REMOVE", removes), ("ADD", adds))
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses if parts)


def _assignment(mark: str) -> str:
    return f"#{mark} = :{mark}"


def _initialisation(mark: str) -> str:
    return f"#{mark} = if_not_exists(#{mark}, :{mark})"


def _appending(mark: str) -> str:
    return f"#{mark} = list_append(if_not_exists(#{mark}, :empty), :{mark})"


def _names(condition: str, marks: Mapping[str, str]) -> dict[str, str]:
    in_condition = {mark: mark[1:] for mark in re.findall(r"#\w+", condition)}
    return in_condition | {f"#{mark}": name for name, mark in marks.items()}
