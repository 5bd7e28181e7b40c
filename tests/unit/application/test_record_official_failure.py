"""Delivery failures of the official account: which message is meant, where the msgid may be missing."""

import pytest
from support.sent_campaigns import NOW, UNKNOWN, World, sent

from minipush.domain.counts import Counts
from minipush.domain.permit_kinds import FOLLOW

MINUTE = 60 * 1000
DAY = 24 * 60 * MINUTE


@pytest.fixture
def world() -> World:
    made = World(kind=FOLLOW)
    made.campaign()
    return made


def test_a_repeated_report_without_a_msgid_is_about_the_same_direct_message(world: World) -> None:
    world.claim("work-1", at=NOW - MINUTE)
    world.claim("work-2")
    assert world.fails("")
    assert world.fails("")
    assert world.marks == {"work-1": None, "work-2": "0"}


def test_it_stays_so_when_another_message_has_gone_out_since(world: World) -> None:
    world.claim("work-1", at=NOW - 5)
    assert world.fails("")
    world.claim("work-2", at=NOW + 5)
    assert world.fails("")
    assert world.marks == {"work-1": "0", "work-2": None}


def test_a_repeated_report_without_a_msgid_counts_once_in_its_campaign(world: World) -> None:
    world.claim("work-1", at=NOW - MINUTE)
    world.claim()
    world.page([sent()])
    assert world.fails("")
    assert world.fails("")
    assert world.marks == {"work-1": None, "c-1": "7"}
    assert world.counts() == Counts(failed=1, by_reason={"wechat_unavailable": 1})


def test_a_later_report_without_a_msgid_is_about_another_message(world: World) -> None:
    world.claim("work-1", at=NOW - MINUTE)
    world.claim("work-2")
    assert world.fails("")
    assert world.fails("", at=NOW + 1000)
    assert not world.fails("", at=NOW + 2000)
    assert world.marks == {"work-1": "0", "work-2": "0"}


@pytest.mark.parametrize("msgid", ["", "7"])
def test_a_direct_message_of_more_than_ten_minutes_ago_is_not_meant(world: World, msgid: str) -> None:
    world.claim("work-1", at=NOW - 10 * MINUTE)
    assert not world.fails(msgid)
    assert world.marks == {"work-1": None}


@pytest.mark.parametrize("msgid", ["", "7"])
def test_a_direct_message_of_less_than_ten_minutes_ago_may_be_meant(world: World, msgid: str) -> None:
    world.claim("work-1", at=NOW - 10 * MINUTE + 1)
    assert world.fails(msgid)
    assert world.marks == {"work-1": msgid or "0"}


def test_a_report_with_the_msgid_of_an_entry_is_about_it_however_old(world: World) -> None:
    world.claim(at=NOW - DAY)
    world.page([sent()], at=NOW - DAY)
    world.claim("work-1")
    assert world.fails("7")
    assert world.marks == {"c-1": "7", "work-1": None}


def test_an_entry_without_a_msgid_is_not_meant_a_day_later(world: World) -> None:
    world.claim(at=NOW - DAY)
    world.page([UNKNOWN], at=NOW - DAY)
    assert not world.fails("7")
