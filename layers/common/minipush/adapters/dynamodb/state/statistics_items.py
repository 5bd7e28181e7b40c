"""Statistics as items of the State table.

    id                                    item
    stats#<appid>#2026-11-30T08#3         a part of an hour's numbers
    stats#<appid>#2026-11-30              a day that is over: its `sum` and its `hours`, as JSON

Writers spread over the parts of an hour, so that no item gets hot. Transactions have parts of their own, because a
plain write to the same item at the same time cancels them.
"""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from minipush.adapters.dynamodb.state.keys import statistics_day_key, statistics_part_key
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.adapters.dynamodb.updates import Attributes, update
from minipush.domain.accounts import Account
from minipush.domain.statistics import KEPT_DAYS, NUMBERS, Activity, PoolSize, StatisticsEntry, day_entry
from minipush.domain.timestamps import DAY_MS

PARTS: Final = range(8)
PLAIN_PARTS, TRANSACTION_PARTS = PARTS[:4], PARTS[4:]
SUM, HOURS = "sum", "hours"
_BECAUSE: Final = "because_"

type Item = Mapping[str, Mapping[str, Any]]


def addition(
    account: Account, activity: Activity, at: int, parts: Sequence[int] = PLAIN_PARTS
) -> dict[str, Any]:
    """The update that adds to the hour of `at`, without its table."""
    numbers = {name: getattr(activity, name) for name in NUMBERS}
    numbers |= {_BECAUSE + reason: count for reason, count in activity.by_reason.items()}
    added = {name: number for name, number in numbers.items() if number}
    part = random.choice(parts)  # noqa: S311
    return _part(account, at, part) | update("", {}, {"ttl": _ttl(at)}, added=added)


def addition_in_transaction(table: str, account: Account, activity: Activity, at: int) -> dict[str, Any]:
    """The same as an entry of TransactItems. The activity must not be empty.

    The part is that of `at`: a transaction that is repeated has to be the same one.
    """
    part = TRANSACTION_PARTS[at % len(TRANSACTION_PARTS)]
    return {"Update": {"TableName": table, **addition(account, activity, at, [part])}}


def pool_setting(account: Account, pool: PoolSize, at: int) -> dict[str, Any]:
    """The update that sets the measure of the hour of `at`, without its table."""
    changes: Attributes = {
        "reachable_users": {"N": str(pool.reachable_users)},
        "permits": {"N": str(pool.permits)},
        "ttl": _ttl(at),
    }
    return _part(account, at, PLAIN_PARTS[0]) | update("", {}, changes)


def _part(account: Account, at: int, part: int) -> dict[str, Any]:
    return {"Key": {"id": {"S": statistics_part_key(account, at, part)}}}


def _ttl(at: int) -> dict[str, str]:
    # A day more: a closed day is kept as long as its last hour.
    return {"N": str(ttl_seconds(at + (KEPT_DAYS + 1) * DAY_MS))}


def read_hour(at: int, parts: Iterable[Item]) -> StatisticsEntry:
    activity, pool = Activity(), None
    for item in parts:
        values = {name: int(value["N"]) for name, value in item.items() if "N" in value}
        activity = activity.plus(_activity(values))
        if "permits" in values:
            pool = PoolSize(values["reachable_users"], values["permits"])
    return StatisticsEntry(at, activity, pool)


def _activity(values: Mapping[str, int]) -> Activity:
    numbers = {name: values[name] for name in NUMBERS if name in values}
    because = {
        name.removeprefix(_BECAUSE): count for name, count in values.items() if name.startswith(_BECAUSE)
    }
    return Activity(by_reason=because, **numbers)


# ---- closed days


def closed_day(account: Account, day: int, hours: Sequence[StatisticsEntry]) -> dict[str, Any]:
    return {
        "id": {"S": statistics_day_key(account, day)},
        SUM: {"S": _text(_value(day_entry(day, hours)))},
        HOURS: {"S": _text([_value(hour) for hour in hours])},
        "ttl": _ttl(day),
    }


def read_closed_day(day: int, item: Item) -> StatisticsEntry:
    return _entry(day, json.loads(item[SUM]["S"]))


def read_closed_hours(hours: Iterable[int], item: Item) -> list[StatisticsEntry]:
    """`hours`: the day's (ms)."""
    kept = json.loads(item[HOURS]["S"])
    return [_entry(at, value) for at, value in zip(hours, kept, strict=True)]


def _value(entry: StatisticsEntry) -> dict[str, Any]:
    numbers = {name: getattr(entry.activity, name) for name in NUMBERS}
    found: dict[str, Any] = {name: number for name, number in numbers.items() if number}
    if entry.activity.by_reason:
        found["by_reason"] = dict(entry.activity.by_reason)
    if entry.pool:
        found["pool"] = [entry.pool.reachable_users, entry.pool.permits]
    return found


def _entry(at: int, kept: Mapping[str, Any]) -> StatisticsEntry:
    values = dict(kept)
    pool = values.pop("pool", None)
    return StatisticsEntry(at, Activity(**values), PoolSize(*pool) if pool else None)


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
