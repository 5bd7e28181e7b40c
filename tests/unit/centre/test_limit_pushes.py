"""How much an app may push."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

import pytest
from support.centre_app_use import MemoryAppUse

from minipush.application.centre.limit_pushes import LimitPushes
from minipush.domain.centre.errors import TooManyPushesError
from minipush.domain.timestamps import from_iso

SHOP, MOST = "wx-shop", 10


class World:
    def __init__(self, uncounted: int = 0) -> None:
        self.now = from_iso("2026-11-30T12:00:00Z")
        self.use = MemoryAppUse()
        self.uncounted = uncounted

    def process(self) -> LimitPushes:
        return LimitPushes(self.use, lambda: self.now, lambda: self.uncounted)


def taken(limit: LimitPushes, requests: int) -> int:
    done = 0
    for _ in range(requests):
        try:
            limit.take_request(SHOP, MOST)
        except TooManyPushesError:
            continue
        done += 1
    return done


def test_an_app_may_make_ten_requests_a_second() -> None:
    world = World()
    limit = world.process()
    assert taken(limit, 30) == 10
    world.now += 1000
    assert taken(limit, 30) == 10


@pytest.mark.parametrize("most", [1, 3, 25])
def test_an_app_may_make_as_many_requests_as_an_operator_has_allowed(most: int) -> None:
    limit, done = World().process(), 0
    for _ in range(2 * most):
        with suppress(TooManyPushesError):
            assert limit.take_request(SHOP, most).limit == most
            done += 1
    assert done == most


def test_a_refusal_says_when_to_try_again() -> None:
    limit = World().process()
    taken(limit, 10)
    with pytest.raises(TooManyPushesError) as refused:
        limit.take_request(SHOP, MOST)
    assert (refused.value.limit, refused.value.retry_seconds) == (10, 1)


def test_an_app_may_broadcast_so_often_a_day_from_any_process() -> None:
    world = World()
    for number in range(3):
        world.process().take_broadcast(SHOP, f"c-{number}", 3)
    with pytest.raises(TooManyPushesError) as refused:
        world.process().take_broadcast(SHOP, "c-3", 3)
    assert (refused.value.limit, refused.value.retry_seconds) == (3, 12 * 60 * 60)


def test_the_wait_for_the_next_broadcast_ends_with_the_day_and_no_earlier() -> None:
    world = World()
    limit = world.process()
    limit.take_broadcast(SHOP, "c-1", 1)
    world.now = from_iso("2026-11-30T23:59:58.001Z")
    with pytest.raises(TooManyPushesError) as refused:
        limit.take_broadcast(SHOP, "c-2", 1)
    world.now += refused.value.retry_seconds * 1000
    limit.take_broadcast(SHOP, "c-2", 1)
    assert refused.value.retry_seconds == 2


def test_an_answer_tells_what_remains() -> None:
    limit = World().process()
    assert [limit.take_request(SHOP, MOST).remaining for _ in range(3)] == [9, 8, 7]


def test_many_processes_let_through_one_request_each_above_the_limit_at_most() -> None:
    world = World()
    processes = [world.process() for _ in range(12)]
    assert 10 <= sum(taken(limit, 20) for limit in processes) <= 10 + 12


def test_apps_do_not_share_a_limit() -> None:
    limit = World().process()
    taken(limit, 30)
    assert limit.take_request("wx-bank", MOST).remaining == 9


def test_who_pushes_slowly_costs_no_write() -> None:
    world = World()
    limit = world.process()
    for _ in range(50):
        world.now += 1000
        limit.take_request(SHOP, MOST)
    assert world.use.writes == 0


def test_an_app_at_its_limit_costs_few_writes() -> None:
    world = World()
    limit = world.process()
    for _ in range(10):
        world.now += 1000
        taken(limit, 10)
    assert world.use.writes <= 40


@pytest.mark.parametrize("uncounted", [0, 42, 99])
def test_messages_are_counted_a_hundred_with_one_write(uncounted: int) -> None:
    world = World(uncounted)
    limit = world.process()
    for _ in range(1_000):
        limit.count_messages(SHOP, 1)
    assert (world.use.messages_of_day(SHOP, world.now), world.use.writes) == (1_000, 10)


class PausingNumber(int):
    """Other threads go on in the middle of its addition."""

    def __radd__(self, before: int) -> int:
        time.sleep(0.0005)
        return before + int(self)


def test_threads_that_count_at_once_lose_no_message() -> None:
    world = World()
    limit = world.process()
    with ThreadPoolExecutor(4) as threads:
        for _ in range(200):
            threads.submit(limit.count_messages, SHOP, PausingNumber(1))
    assert (world.use.messages_of_day(SHOP, world.now), world.use.writes) == (200, 2)


def test_a_write_that_hangs_holds_up_no_other_thread() -> None:
    world = World(uncounted=99)
    use = HangingAppUse()
    limit = LimitPushes(use, lambda: world.now, lambda: world.uncounted)
    with ThreadPoolExecutor(2) as threads:
        hanging = threads.submit(limit.count_messages, SHOP, 1)
        assert use.began.wait(10)
        try:
            threads.submit(limit.count_messages, SHOP, 1).result(10)
            assert not hanging.done()
        finally:
            use.may_end.set()


@dataclass
class HangingAppUse(MemoryAppUse):
    began: Event = field(default_factory=Event)
    may_end: Event = field(default_factory=Event)

    def add_messages(self, appid: str, at: int, number: int) -> None:
        self.began.set()
        self.may_end.wait(30)
        super().add_messages(appid, at, number)
