"""How much apps push: counted in memory and in DynamoDB alike."""

import pytest
from support.centre_app_use import MemoryAppUse
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.app_use import DynamoAppUse
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.app_use import AppUse
from minipush.domain.timestamps import HOUR_MS, from_iso

SHOP, BANK = "wx-shop", "wx-bank"
NOON = from_iso("2026-11-30T12:00:00Z")


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def use(request: pytest.FixtureRequest) -> AppUse:
    if request.param == "memory":
        return MemoryAppUse()
    client = request.getfixturevalue("dynamodb")
    return DynamoAppUse(CentreTable(client, create_centre_table(client)))


def test_requests_of_a_second_are_counted_up_to_the_limit(use: AppUse) -> None:
    assert [use.take_requests(SHOP, 100, 4, 10) for _ in range(3)] == [True, True, False]
    assert use.take_requests(SHOP, 100, 2, 10)


def test_other_apps_and_other_seconds_have_counts_of_their_own(use: AppUse) -> None:
    assert use.take_requests(SHOP, 100, 10, 10)
    assert use.take_requests(SHOP, 101, 10, 10)
    assert use.take_requests(BANK, 100, 10, 10)


def test_more_than_the_limit_at_once_has_no_room(use: AppUse) -> None:
    assert not use.take_requests(SHOP, 100, 11, 10)


def test_broadcasts_of_a_day_are_counted_up_to_the_limit(use: AppUse) -> None:
    assert [use.take_broadcast(SHOP, NOON, id_, 2) for id_ in ("c-1", "c-2", "c-3")] == [True, True, False]
    assert use.take_broadcast(SHOP, NOON, "c-3", 3)


def test_a_broadcast_counts_once_however_often_it_is_asked_for(use: AppUse) -> None:
    assert [use.take_broadcast(SHOP, NOON, id_, 2) for id_ in ("c-1", "c-1", "c-2", "c-1")] == [True] * 4
    assert not use.take_broadcast(SHOP, NOON, "c-3", 2)


def test_other_apps_and_other_days_have_broadcasts_of_their_own(use: AppUse) -> None:
    last = from_iso("2026-11-30T23:59:59.999Z")
    assert use.take_broadcast(SHOP, last, "c-1", 1)
    assert not use.take_broadcast(SHOP, NOON, "c-2", 1)
    assert use.take_broadcast(SHOP, last + 1, "c-2", 1)
    assert use.take_broadcast(BANK, NOON, "c-3", 1)


def test_who_may_broadcast_nothing_has_no_first_one(use: AppUse) -> None:
    assert not use.take_broadcast(SHOP, NOON, "c-1", 0)


def test_broadcasts_are_no_messages(use: AppUse) -> None:
    assert use.take_broadcast(SHOP, NOON, "c-1", 1)
    assert use.messages_of_day(SHOP, NOON) == 0


def test_messages_of_the_last_24_hours_are_summed(use: AppUse) -> None:
    for hours, number in ((0, 1), (-1, 10), (-13, 100), (-23, 1_000), (-24, 10_000)):
        use.add_messages(SHOP, NOON + hours * HOUR_MS, number)
    use.add_messages(BANK, NOON, 7)
    assert use.messages_of_day(SHOP, NOON + HOUR_MS - 1) == 1_111


def test_an_app_that_pushed_nothing_has_no_messages(use: AppUse) -> None:
    assert use.messages_of_day(SHOP, NOON) == 0
