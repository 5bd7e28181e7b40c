import logging

import pytest
from support.statistics import MemoryStatistics

from minipush.application.record_statistics import RecordStatistics
from minipush.domain.pool import PoolMeasure
from minipush.domain.statistics import DAY_MS, Activity, PoolSize, StatisticsEntry
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
