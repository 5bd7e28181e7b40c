"""The StatisticsStore in DynamoDB. Days are closed, so that a year is read in some hundred items."""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.batch_reads import CONSISTENT, read_many
from minipush.adapters.dynamodb.state.keys import statistics_day_key, statistics_part_key
from minipush.adapters.dynamodb.state.statistics_items import (
    HOURS,
    PARTS,
    SUM,
    Item,
    addition,
    closed_day,
    pool_setting,
    read_closed_day,
    read_closed_hours,
    read_hour,
)
from minipush.application.ports.statistics import OPEN_DAYS
from minipush.domain.accounts import Account
from minipush.domain.statistics import CLOSE_AFTER_MS, Activity, PoolSize, StatisticsEntry, day_entry
from minipush.domain.timestamps import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoStatistics:
    def __init__(
        self,
        client: "DynamoDBClient",
        state_table: str,
        account: Account,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = state_table
        self._account = account
        self._sleep = sleep

    @raises_store_error
    def add(self, activity: Activity, at: int) -> None:
        if not activity.is_empty:
            self._client.update_item(TableName=self._table, **addition(self._account, activity, at))

    @raises_store_error
    def set_pool(self, pool: PoolSize, at: int) -> None:
        self._client.update_item(TableName=self._table, **pool_setting(self._account, pool, at))

    @raises_store_error
    def close_days(self, now: int) -> None:
        today = _day(now - CLOSE_AFTER_MS)
        days = range(today - (OPEN_DAYS - 1) * DAY_MS, today, DAY_MS)
        closed = self._closed(days)
        for day in days:
            if day not in closed:
                self._close(day)

    def _close(self, day: int) -> None:
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item=closed_day(self._account, day, self._open_hours([day], now=day + DAY_MS - 1)),
            ConditionExpression="attribute_not_exists(id)",
        )
        is_written(self._client, put)

    @raises_store_error
    def hours(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        days = range(_day(first), min(until, now + 1), DAY_MS)
        closed = self._closed(days, HOURS)
        found = [hour for day, item in closed.items() for hour in read_closed_hours(_hours_of(day), item)]
        found += self._open_hours(_open(days, closed, now), now)
        by_at = {hour.at: hour for hour in found}
        asked = range(first - first % HOUR_MS, min(until, now + 1), HOUR_MS)
        return [by_at.get(at) or StatisticsEntry(at) for at in asked]

    @raises_store_error
    def days(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
        days = range(_day(first), min(until, now + 1), DAY_MS)
        closed = self._closed(days, SUM)
        by_at = {day: read_closed_day(day, item) for day, item in closed.items()}
        open_days = _open(days, closed, now)
        hours = self._open_hours(open_days, now)
        by_at |= {day: day_entry(day, (each for each in hours if _day(each.at) == day)) for day in open_days}
        return [by_at.get(day) or StatisticsEntry(day) for day in days]

    def _closed(self, days: Iterable[int], attribute: str | None = None) -> dict[int, Item]:
        """By the start of the day, with this attribute."""
        ids = {statistics_day_key(self._account, day): day for day in days}
        asked: dict[str, Any] = {"ProjectionExpression": "id"}
        if attribute:
            names = {"#asked": attribute}
            asked = {"ProjectionExpression": "id, #asked", "ExpressionAttributeNames": names}
        return {ids[item["id"]["S"]]: item for item in self._get(ids, asked)}

    def _open_hours(self, days: Iterable[int], now: int) -> list[StatisticsEntry]:
        hours = [at for day in days for at in _hours_of(day) if at <= now]
        ids = {statistics_part_key(self._account, at, part): at for at in hours for part in PARTS}
        parts: dict[int, list[Item]] = {at: [] for at in hours}
        for item in self._get(ids, CONSISTENT):
            parts[ids[item["id"]["S"]]].append(item)
        return [read_hour(at, found) for at, found in parts.items()]

    def _get(self, ids: Iterable[str], how: Mapping[str, Any]) -> list[Item]:
        return [*read_many(self._client, self._table, [{"id": {"S": id_}} for id_ in ids], self._sleep, how)]


def _day(at: int) -> int:
    return at - at % DAY_MS


def _hours_of(day: int) -> range:
    return range(day, day + DAY_MS, HOUR_MS)


def _open(days: Iterable[int], closed: Iterable[int], now: int) -> list[int]:
    first = _day(now) - (OPEN_DAYS - 1) * DAY_MS
    return [day for day in days if day >= first and day not in set(closed)]
