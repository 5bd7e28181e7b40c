"""The statistics of hours and days: in memory and in DynamoDB alike."""

from functools import partial

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.racing import at_once
from support.statistics import MemoryStatistics
from support.tables import create_tables

from minipush.adapters.dynamodb.state.statistics import DynamoStatistics
from minipush.adapters.dynamodb.state.statistics_items import addition_in_transaction
from minipush.application.ports.statistics import OPEN_DAYS, StatisticsStore
from minipush.domain.statistics import CLOSE_AFTER_MS, KEPT_DAYS, Activity, PoolSize, StatisticsEntry
from minipush.domain.timestamps import DAY_MS, HOUR_MS
from minipush.errors import StoreError

DAY = 20_000 * DAY_MS
NOON = DAY + 12 * HOUR_MS
MIXED = Activity(
    collected=1, spent=2, expired=3, sent=4, failed=5, skipped=6, unknown=7, by_reason={"no_permit": 11}
)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def statistics(request: pytest.FixtureRequest) -> StatisticsStore:
    if request.param == "memory":
        return MemoryStatistics()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoStatistics(client, create_tables(client)[1], ACCOUNT)


def test_where_nothing_was_done_the_numbers_are_0(statistics: StatisticsStore) -> None:
    hours = statistics.hours(NOON, NOON + 2 * HOUR_MS, now=NOON + DAY_MS)
    assert hours == [StatisticsEntry(NOON), StatisticsEntry(NOON + HOUR_MS)]
    assert statistics.days(DAY, DAY + 1, now=NOON) == [StatisticsEntry(DAY)]


def test_all_processes_are_added_up(statistics: StatisticsStore) -> None:
    at_once([partial(statistics.add, MIXED, NOON + n) for n in range(8)])
    [hour] = statistics.hours(NOON, NOON + 1, now=NOON)
    total = Activity()
    for _ in range(8):
        total = total.plus(MIXED)
    assert hour == StatisticsEntry(NOON, total)


def test_an_hour_is_one_of_utc(statistics: StatisticsStore) -> None:
    statistics.add(Activity(sent=1), NOON - 1)
    statistics.add(Activity(sent=2), NOON)
    statistics.add(Activity(sent=4), NOON + HOUR_MS - 1)
    statistics.add(Activity(sent=8), NOON + HOUR_MS)
    hours = statistics.hours(NOON - HOUR_MS, NOON + 2 * HOUR_MS, now=NOON + 2 * HOUR_MS)
    assert [hour.activity.sent for hour in hours] == [1, 6, 8]


def test_hours_begin_with_the_one_that_holds_the_first_instant(statistics: StatisticsStore) -> None:
    found = statistics.hours(NOON + 5, NOON + HOUR_MS + 5, now=NOON + DAY_MS)
    assert [hour.at for hour in found] == [NOON, NOON + HOUR_MS]


def test_days_begin_with_the_one_that_holds_the_first_instant(statistics: StatisticsStore) -> None:
    found = statistics.days(NOON, NOON + DAY_MS, now=NOON + DAY_MS)
    assert [day.at for day in found] == [DAY, DAY + DAY_MS]


def test_nothing_comes_after_the_present_hour(statistics: StatisticsStore) -> None:
    assert [h.at for h in statistics.hours(NOON, NOON + DAY_MS, now=NOON + HOUR_MS)] == [NOON, NOON + HOUR_MS]
    assert [day.at for day in statistics.days(DAY, DAY + 9 * DAY_MS, now=NOON)] == [DAY]
    assert statistics.hours(NOON + DAY_MS, NOON + 2 * DAY_MS, now=NOON) == []


def test_a_correction_takes_away(statistics: StatisticsStore) -> None:
    statistics.add(Activity(sent=5), NOON)
    statistics.add(Activity(sent=-1, failed=1, by_reason={"refused": 1}), NOON)
    [hour] = statistics.hours(NOON, NOON + 1, now=NOON)
    assert hour.activity == Activity(sent=4, failed=1, by_reason={"refused": 1})


def test_the_last_measure_of_an_hour_stays(statistics: StatisticsStore) -> None:
    statistics.set_pool(PoolSize(1, 2), NOON)
    statistics.set_pool(PoolSize(3, 4), NOON + 1)
    statistics.add(MIXED, NOON)
    assert statistics.hours(NOON, NOON + 1, now=NOON) == [StatisticsEntry(NOON, MIXED, PoolSize(3, 4))]


def test_a_day_has_the_sum_of_its_hours_and_its_last_measure(statistics: StatisticsStore) -> None:
    statistics.set_pool(PoolSize(1, 2), NOON - HOUR_MS)
    statistics.set_pool(PoolSize(3, 4), NOON)
    statistics.add(MIXED, DAY)
    statistics.add(MIXED, DAY + DAY_MS - 1)
    statistics.add(Activity(sent=1), DAY + DAY_MS)
    first, second = statistics.days(DAY, DAY + 2 * DAY_MS, now=DAY + DAY_MS)
    assert first == StatisticsEntry(DAY, MIXED.plus(MIXED), PoolSize(3, 4))
    assert second == StatisticsEntry(DAY + DAY_MS, Activity(sent=1))


def test_a_day_is_the_same_once_it_is_closed(statistics: StatisticsStore) -> None:
    statistics.set_pool(PoolSize(1, 2), NOON)
    statistics.add(MIXED, NOON)
    now = DAY + DAY_MS + CLOSE_AFTER_MS
    hours, days = statistics.hours(DAY, DAY + DAY_MS, now), statistics.days(DAY, DAY + DAY_MS, now)
    statistics.close_days(now)
    assert statistics.hours(DAY, DAY + DAY_MS, now) == hours
    assert statistics.days(DAY, DAY + DAY_MS, now) == days


def test_a_closed_day_does_not_change(statistics: StatisticsStore) -> None:
    statistics.add(MIXED, NOON)
    statistics.close_days(DAY + DAY_MS + CLOSE_AFTER_MS)
    statistics.add(MIXED, NOON)
    statistics.close_days(DAY + DAY_MS + CLOSE_AFTER_MS)
    assert statistics.days(DAY, DAY + 1, now=DAY + DAY_MS) == [StatisticsEntry(DAY, MIXED)]


def test_a_day_is_not_closed_in_the_first_minutes_after_it(statistics: StatisticsStore) -> None:
    statistics.close_days(DAY + DAY_MS + CLOSE_AFTER_MS - 1)
    statistics.add(MIXED, NOON)
    assert statistics.days(DAY, DAY + 1, now=DAY + DAY_MS) == [StatisticsEntry(DAY, MIXED)]


def test_days_are_closed_late_after_an_interruption(statistics: StatisticsStore) -> None:
    statistics.add(MIXED, NOON)
    statistics.close_days(DAY + (OPEN_DAYS - 1) * DAY_MS + CLOSE_AFTER_MS)
    found = statistics.days(DAY, DAY + 1, now=DAY + 300 * DAY_MS)
    assert found == [StatisticsEntry(DAY, MIXED)]


def test_a_closed_year_is_read(statistics: StatisticsStore) -> None:
    statistics.add(MIXED, NOON)
    statistics.close_days(DAY + DAY_MS + CLOSE_AFTER_MS)
    now = DAY + (KEPT_DAYS - 1) * DAY_MS
    first, *others = statistics.days(DAY, DAY + KEPT_DAYS * DAY_MS, now)
    assert first == StatisticsEntry(DAY, MIXED)
    assert others == [StatisticsEntry(DAY + n * DAY_MS) for n in range(1, KEPT_DAYS)]


@pytest.mark.emulator
def test_an_addition_can_be_a_part_of_a_transaction(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    writes = [addition_in_transaction(state, ACCOUNT, MIXED, NOON)]
    dynamodb.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
    dynamodb.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
    [hour] = DynamoStatistics(dynamodb, state, ACCOUNT).hours(NOON, NOON + 1, now=NOON)
    assert hour.activity == MIXED.plus(MIXED)


@pytest.mark.emulator
def test_nothing_is_written_where_nothing_was_done(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    DynamoStatistics(dynamodb, state, ACCOUNT).add(Activity(), NOON)
    assert dynamodb.scan(TableName=state)["Items"] == []


@pytest.mark.emulator
def test_they_go_by_ttl(dynamodb: DynamoDBClient) -> None:
    _, state = create_tables(dynamodb)
    statistics = DynamoStatistics(dynamodb, state, ACCOUNT)
    statistics.add(MIXED, NOON)
    statistics.set_pool(PoolSize(1, 2), NOON)
    statistics.close_days(DAY + DAY_MS + CLOSE_AFTER_MS)
    oldest = NOON - OPEN_DAYS * DAY_MS
    kept = [int(str(item["ttl"]["N"])) * 1000 for item in dynamodb.scan(TableName=state)["Items"]]
    assert kept
    assert all(until >= oldest + KEPT_DAYS * DAY_MS for until in kept)


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    statistics = DynamoStatistics(nowhere, "none", ACCOUNT)
    with pytest.raises(StoreError):
        statistics.add(MIXED, NOON)
    with pytest.raises(StoreError):
        statistics.set_pool(PoolSize(1, 2), NOON)
    with pytest.raises(StoreError):
        statistics.close_days(NOON)
    with pytest.raises(StoreError):
        statistics.days(DAY, NOON, NOON)
