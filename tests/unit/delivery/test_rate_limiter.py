"""Waiting for a slot: reservations, stops, and a store that fails."""

import asyncio
from itertools import pairwise

import pytest
from support.paced import Store, World

from minipush.application.ports.channel import Load, SendResult, Verdict

BUSY = SendResult(verdict=Verdict.REJECTED, load=Load.BUSY, errcode=-1)


# ---- what reservations cost


def test_full_work_leases_a_quarter_of_a_seconds_turns_at_a_time() -> None:
    world = World()
    world.run(world.work("it", world.rate_limiter(("any", 200)), 20, 100))
    assert len(world.store.asked) <= 20 * 4 + 2
    assert max(slots for _, _, slots in world.store.asked) <= 50


def test_a_worker_with_little_to_do_leaves_the_turns_to_the_others() -> None:
    world = World()

    async def trickle() -> None:
        rate_limiter = world.rate_limiter(("any", 100))
        for _ in range(40):
            await rate_limiter.acquire(lambda: False)
            await asyncio.sleep(0.5)

    world.run(
        trickle(),
        trickle(),
        trickle(),
        trickle(),
        world.work("busy", world.rate_limiter(("any", 100)), 20, 60),
    )
    assert len(world.times("busy")) >= 0.8 * 20 * 100


# ---- without a limit


def test_without_a_limit_a_call_goes_at_once_without_a_loop() -> None:
    turn = World().rate_limiter().acquire(lambda: False)
    with pytest.raises(StopIteration) as ended:
        turn.send(None)
    assert ended.value.value is True


def test_a_busy_wechat_slows_down_calls_without_a_limit_and_they_recover() -> None:
    world = World()
    rate_limiter = world.rate_limiter()

    async def trouble() -> None:
        await asyncio.sleep(2)
        for _ in range(100):
            rate_limiter.observe(BUSY)

    world.run(world.work("it", rate_limiter, 10, 30), trouble())
    counts = [sum(second <= at < second + 1 for at in world.times()) for second in range(10)]
    assert counts[2] == pytest.approx(counts[1] / 2, rel=0.1)
    assert counts[3] > counts[2] * 1.1
    assert counts[8] == pytest.approx(counts[1], rel=0.05)


# ---- halting and waiting


def test_halted_work_gets_no_turn() -> None:
    world = World()
    assert world.run(
        world.rate_limiter().acquire(lambda: True), world.rate_limiter(("any", 1)).acquire(lambda: True)
    ) == [
        False,
        False,
    ]
    assert world.store.asked == []


@pytest.mark.parametrize("hangs", [False, True], ids=["waits its turn", "the store hangs"])
def test_who_waits_hears_of_the_halt_within_a_tenth_of_a_second(*, hangs: bool) -> None:
    world = World(Store(hangs=hangs))
    rate_limiter = world.rate_limiter(("any", 0.01))

    async def wait() -> tuple[bool, float]:
        return await rate_limiter.acquire(lambda: world.time.passed >= 2), world.time.passed

    *_, (granted, at) = world.run(wait(), wait())
    assert not granted
    assert 2 <= at <= 2.1
    assert rate_limiter.waiting == 0


def test_it_says_how_many_wait() -> None:
    world = World()
    rate_limiter = world.rate_limiter(("any", 10))

    async def look() -> int:
        await asyncio.sleep(1.05)
        return rate_limiter.waiting

    *_, waiting = world.run(*(rate_limiter.acquire(lambda: False) for _ in range(40)), look())
    assert waiting == pytest.approx(29, abs=1)


def test_a_call_that_comes_first_gets_the_next_slot() -> None:
    world = World()
    rate_limiter = world.rate_limiter(("any", 1))
    order: list[str] = []

    async def call(name: str, *, comes_first: bool = False) -> None:
        await rate_limiter.acquire(lambda: False, comes_first=comes_first)
        order.append(name)

    async def late() -> None:
        await asyncio.sleep(0.5)
        await call("late", comes_first=True)

    world.run(call("a"), call("b"), call("c"), late())
    assert order == ["a", "late", "b", "c"]


def test_a_cancelled_wait_takes_nobodys_turn() -> None:
    world = World()
    rate_limiter = world.rate_limiter(("any", 10))

    async def main() -> list[bool]:
        tasks = [asyncio.create_task(rate_limiter.acquire(lambda: False)) for _ in range(30)]
        await asyncio.sleep(0.05)
        for task in tasks[1:-1]:
            task.cancel()
        return [await tasks[0], await tasks[-1]]

    assert world.run(main()) == [[True, True]]
    assert world.time.passed < 0.3
    assert rate_limiter.waiting == 0


@pytest.mark.parametrize(("rate", "batch"), [(2, 1), (40, 10), (400, 100), (4000, 250)])
def test_a_batch_is_a_quarter_of_a_seconds_calls(rate: float, batch: int) -> None:
    assert World().rate_limiter(("account", 9999), ("campaign", rate)).batch(250) == batch


def test_without_a_limit_a_batch_is_as_big_as_can_be() -> None:
    assert World().rate_limiter().batch(250) == 250


# ---- the store fails


def test_while_the_store_fails_nothing_goes_and_afterwards_everything() -> None:
    world = World()
    world.store.back_at = world.time.now() + 30
    world.run(world.work("it", world.rate_limiter(("any", 20)), 40, 10))
    assert world.times()[0] >= 30
    assert len(world.times()) >= 0.9 * 20 * (40 - 30 - 5)


def test_a_failing_store_is_asked_ever_less_often(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.store.back_at = world.time.now() + 30
    world.run(world.work("it", world.rate_limiter(("any", 20)), 29, 10))
    pauses = [after - before for before, after in pairwise(now for _, now, _ in world.store.asked)]
    assert pauses[0] < 0.2
    assert 4.9 < pauses[-1] < 5.2
    assert "throttled" in caplog.text


@pytest.mark.parametrize("latency", [0.2, 0.5, 0.7])
def test_a_slow_store_makes_it_slower_and_does_not_stop_it(latency: float) -> None:
    world = World(Store(latency=latency))
    world.run(world.work("it", world.rate_limiter(("any", 100)), 30, 60))
    assert len(world.times()) >= 0.2 * 30 * 100


def test_a_fault_of_ours_is_raised_where_somebody_waits() -> None:
    world = World()
    rate_limiter = world.rate_limiter(("any", 10))
    world.store.asked = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        world.run(rate_limiter.acquire(lambda: False))


def test_what_wechat_answers_is_observed() -> None:
    rate_limiter = World().rate_limiter()
    for _ in range(30):
        rate_limiter.observe(BUSY)
    assert rate_limiter.batch(250) < 250
