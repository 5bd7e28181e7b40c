import logging

import pytest
from support.statistics import MemoryStatistics

from minipush.application.metric_names import Metric
from minipush.application.metrics import of_sweep
from minipush.application.ports.sweeps import Sweep
from minipush.application.record_statistics import RecordStatistics
from minipush.domain.pool import PoolMeasure
from minipush.domain.statistics import Activity, PoolSize, StatisticsEntry
from minipush.domain.timestamps import DAY_MS, HOUR_MS
from minipush.errors import StoreError

DAY = 20_000 * DAY_MS
NOW = DAY + DAY_MS + DAY_MS // 2


class Broken(MemoryStatistics):
    def add(self, activity: Activity, at: int) -> None:
        raise StoreError("throttled")

    def set_pool(self, pool: PoolSize, at: int) -> None:
        raise StoreError("throttled")


def test_what_did_nothing_builds_no_store() -> None:
    def build() -> MemoryStatistics:
        raise AssertionError("built")

    RecordStatistics(build, lambda: NOW)(Activity())


def test_a_sweep_adds_its_measure_and_closes_the_days_before() -> None:
    store = MemoryStatistics()
    store.add(Activity(sent=1), DAY)
    measure = PoolMeasure(NOW, reachable_users=2, permits=3, expired=4)
    RecordStatistics(lambda: store, lambda: NOW).measured(measure)
    yesterday, today = store.days(DAY, NOW, NOW)
    assert yesterday == StatisticsEntry(DAY, Activity(sent=1))
    assert today == StatisticsEntry(DAY + DAY_MS, Activity(expired=4), PoolSize(2, 3))
    assert DAY in store.closed


def test_a_store_that_fails_is_logged_and_does_not_keep_days_open(caplog: pytest.LogCaptureFixture) -> None:
    store = Broken()
    with caplog.at_level(logging.WARNING):
        RecordStatistics(lambda: store, lambda: NOW).measured(PoolMeasure(NOW, expired=4))
    assert caplog.text.count("the statistics lack some numbers") == 2
    assert DAY in store.closed


def test_the_pool_of_a_day_ago_is_that_of_the_same_hour() -> None:
    store = MemoryStatistics()
    record = RecordStatistics(lambda: store, lambda: NOW)
    assert record.pool_a_day_ago() is None
    store.set_pool(PoolSize(9, 9), NOW - DAY_MS - HOUR_MS)
    store.set_pool(PoolSize(2, 3), NOW - DAY_MS)
    store.set_pool(PoolSize(8, 8), NOW)
    assert record.pool_a_day_ago() == PoolSize(2, 3)


def test_a_pool_that_cannot_be_read_is_none(caplog: pytest.LogCaptureFixture) -> None:
    class Unreadable(MemoryStatistics):
        def hours(self, first: int, until: int, now: int) -> list[StatisticsEntry]:
            raise StoreError("throttled")

    assert RecordStatistics(Unreadable, lambda: NOW).pool_a_day_ago() is None
    assert "the pool of yesterday can't be read" in caplog.text


@pytest.mark.parametrize(("before", "lost"), [(None, None), (0, None), (100, 20), (80, 0), (50, 0)])
def test_a_sweep_counts_the_reachable_users_that_were_lost_within_a_day(
    before: int | None, lost: int | None
) -> None:
    sweep = Sweep(finished=True, removed=1, measure=PoolMeasure(NOW, reachable_users=80, permits=90))
    counts = of_sweep(sweep, None if before is None else PoolSize(before, 1))
    assert counts.pop(Metric.REACHABLE_USERS_LOST, None) == lost
    assert counts == {Metric.PERMITS_REMOVED: 1, Metric.LIVE_PERMITS: 90, Metric.REACHABLE_USERS: 80}
