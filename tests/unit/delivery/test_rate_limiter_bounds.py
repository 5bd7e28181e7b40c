"""Calls keep to the set rates and use them, whatever workers there are and however they stall."""

import asyncio
import random
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.paced import Store, World, most_in


def stalling(
    chance: random.Random, every: float, longest: float, now: Callable[[], float]
) -> Callable[[], float]:
    """How long this time: up to `longest` seconds, about once in `every` seconds."""
    due = [now() + chance.expovariate(1 / every)]

    def stall() -> float:
        if now() < due[0]:
            return 0.0
        due[0] = now() + chance.expovariate(1 / every)
        return chance.uniform(0, longest)

    return stall


def many(rate: float, workers: int, seed: int, stall: tuple[float, float], seconds: float = 18) -> World:
    world, chance = World(), random.Random(seed)
    world.store.latency = chance.uniform(0.001, 0.05)
    tasks = [
        world.work(
            str(n),
            world.rate_limiter(("any", rate), stalls=stalling(chance, *stall, world.time.now)),
            seconds,
            int(rate / 8) + 3,
        )
        for n in range(workers)
    ]
    world.run(*tasks, blocks(world, chance, seconds))
    return world


async def blocks(world: World, chance: random.Random, seconds: float) -> None:
    """All stand still at times, also between being woken and going."""
    while world.time.passed < seconds - 3:
        await asyncio.sleep(chance.uniform(1, 8))
        world.time.block(chance.choice([0.02, 0.1, 0.25, 0.4]))


RATES = st.one_of(st.floats(5, 200), st.floats(200, 2000))


@settings(max_examples=12, deadline=None)
@given(rate=RATES, workers=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_no_ten_seconds_see_more_than_five_percent_above_the_rate(
    rate: float, workers: int, seed: int
) -> None:
    world = many(rate, workers, seed, stall=(2, 2))
    assert most_in(10, world.times()) <= 1.05 * 10 * rate


@pytest.mark.parametrize("rate", [0.2, 1, 3])
def test_at_a_very_low_rate_it_is_one_call_more_at_most(rate: float) -> None:
    world = many(rate, 3, seed=1, stall=(2, 2), seconds=100)
    assert most_in(10, world.times()) <= 1.05 * 10 * rate + 1


@settings(max_examples=8, deadline=None)
@given(rate=RATES, workers=st.integers(1, 6), seed=st.integers(0, 2**32))
def test_nine_tenths_of_the_rate_are_used_where_there_is_enough_to_send(
    rate: float, workers: int, seed: int
) -> None:
    world = many(rate, workers, seed, stall=(8, 0.3))
    assert len(world.times()) >= 0.9 * 18 * rate


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3, 0.6, 0.9, 3])
def test_workers_that_stood_still_do_not_catch_up_in_a_clump(seconds: float) -> None:
    world = World()

    async def stand_still() -> None:
        await asyncio.sleep(2)
        world.time.block(seconds)

    world.run(
        *(world.work(str(n), world.rate_limiter(("any", 100)), 15, 50) for n in range(6)), stand_still()
    )
    after = [at for at in world.times() if at >= 2 + seconds]
    assert most_in(10, after) <= 1.05 * 10 * 100
    assert most_in(0.1, after) <= 100 * (0.25 + 0.1) + 1
    assert len(world.times()) >= 100 * (15 - seconds - 0.55)


def test_who_stands_still_between_the_turn_and_the_call_does_not_call() -> None:
    world = World(Store(latency=0.2))  # some twenty slots come late, and are given together
    rate_limiter, sent = world.rate_limiter(("any", 100)), list[float]()

    async def send() -> None:
        await rate_limiter.acquire(lambda: False)
        if not sent:
            world.time.block(1)
        sent.append(world.time.passed)

    world.run(*(send() for _ in range(20)))
    assert sum(at < 1.3 for at in sent) == 1
    assert len(sent) == 20


def test_a_call_goes_at_its_own_time_and_not_with_its_chunk() -> None:
    world = World()
    world.run(world.work("it", world.rate_limiter(("any", 100)), 3, 60))
    gaps = [after - before for before, after in pairwise(at for at in world.times() if at > 0.3)]
    assert min(gaps) > 0.002
    assert max(gaps) < 0.03


# ---- several limits


def test_a_campaigns_rate_and_the_accounts_both_hold() -> None:
    world = World()
    limits = {"one": 60, "other": 300}
    work = [
        world.work(f"{name}{n}", world.rate_limiter(("account", 200), (name, limits[name])), 20, 100)
        for name in limits
        for n in range(3)
    ]
    world.run(*work)
    assert most_in(10, world.times()) <= 1.05 * 10 * 200
    assert most_in(10, world.times("one0", "one1", "one2")) <= 1.05 * 10 * 60
    assert len(world.times()) >= 0.9 * 20 * 200


def test_a_slow_campaign_of_many_workers_does_not_starve_beside_a_fast_one() -> None:
    world = World()
    slow = [
        world.work(f"s{n}", world.rate_limiter(("account", 1000), ("slow", 100)), 20, 60) for n in range(20)
    ]
    fast = [world.work(f"f{n}", world.rate_limiter(("account", 1000)), 20, 300) for n in range(5)]
    world.run(*slow, *fast)
    assert len(world.times(*(f"s{n}" for n in range(20)))) >= 0.75 * 20 * 100


def test_a_limit_that_a_wider_one_keeps_anyway_is_not_asked() -> None:
    world = World()
    world.run(world.work("it", world.rate_limiter(("account", 50), ("campaign", 50)), 2, 10))
    assert {name for name, _, _ in world.store.asked} == {"account"}
