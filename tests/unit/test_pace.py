"""When calls go out: by the set rates, whatever workers there are and whatever happens to them."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from fakes.rates import MemoryRates
from fakes.virtual_time import VirtualTime
from hypothesis import given, settings
from hypothesis import strategies as st

from minipush.domain.messages import Message, MessageType
from minipush.domain.permits import Kind, Permit
from minipush.usecases.pace import LATE, Pace, PacedMessenger
from minipush.usecases.ports import StoreError
from minipush.wechat.codes import Reaction
from minipush.wechat.sends import Reply, Taken

OK = Reply(Taken.YES, Reaction.OK, errcode=0)
BUSY = Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", -1)


@dataclass
class Store(MemoryRates):
    """`latency` of an answer in seconds; fails until `back_at`, hangs where `hangs`."""

    latency: float = 0.01
    back_at: float = 0.0
    hangs: bool = False
    asked: list[tuple[str, float, int]] = field(default_factory=list)

    async def lease(self, name: str, per_second: float, turns: int, now: float) -> float:
        self.asked.append((name, now, turns))
        await asyncio.sleep(3600 if self.hangs else self.latency / 2)
        if now < self.back_at:
            raise StoreError("throttled")
        start = await super().lease(name, per_second, turns, now)
        await asyncio.sleep(self.latency / 2)
        return start


@dataclass
class World:
    """Workers in one simulated time. `sent`: when calls went out, by the name of the worker."""

    store: Store = field(default_factory=Store)
    time: VirtualTime = field(default_factory=VirtualTime)
    sent: dict[str, list[float]] = field(default_factory=dict)

    def pace(self, *limits: tuple[str, float], stalls: Callable[[], float] = lambda: 0.0) -> Pace:
        async def sleep(seconds: float) -> None:
            await asyncio.sleep(seconds + stalls())

        return Pace(self.store, limits, self.time.now, sleep)

    async def work(self, name: str, pace: Pace, until: float, at_once: int) -> None:
        """As much as it may."""
        sent = self.sent.setdefault(name, [])

        async def send() -> None:
            while await pace.turn(lambda: self.time.passed >= until):
                sent.append(self.time.passed)
                await asyncio.sleep(0.03)

        await asyncio.gather(*(send() for _ in range(at_once)))

    def run[T](self, *work: Coroutine[Any, Any, T]) -> list[T]:
        async def main() -> list[T]:
            return await asyncio.gather(*work)

        return self.time.run(main())

    def times(self, *names: str) -> list[float]:
        return sorted(at for name in names or self.sent for at in self.sent[name])


def most_in(seconds: float, times: Iterable[float]) -> int:
    window, most = deque[float](), 0
    for at in times:
        window.append(at)
        while window[0] < at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


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
            world.pace(("any", rate), stalls=stalling(chance, *stall, world.time.now)),
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
        world.time.block(chance.choice([0.02, 0.1, LATE, 0.4]))


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


def test_a_worker_that_stood_still_does_not_catch_up_in_a_clump() -> None:
    world = World()
    pace = world.pace(("any", 100))

    async def stand_still() -> None:
        await asyncio.sleep(2)
        world.time.block(3)

    world.run(world.work("it", pace, 8, 50), stand_still())
    assert most_in(0.1, [at for at in world.times() if at >= 5]) <= 100 * (LATE + 0.1) + 1
    assert len(world.times()) >= 100 * (8 - 3 - 0.3)


def test_a_call_goes_at_its_own_time_and_not_with_its_chunk() -> None:
    world = World()
    world.run(world.work("it", world.pace(("any", 100)), 3, 60))
    gaps = [after - before for before, after in pairwise(at for at in world.times() if at > 0.3)]
    assert min(gaps) > 0.002
    assert max(gaps) < 0.03


# ---- several limits


def test_a_campaigns_rate_and_the_accounts_both_hold() -> None:
    world = World()
    limits = {"one": 60, "other": 300}
    work = [
        world.work(f"{name}{n}", world.pace(("account", 200), (name, limits[name])), 20, 100)
        for name in limits
        for n in range(3)
    ]
    world.run(*work)
    assert most_in(10, world.times()) <= 1.05 * 10 * 200
    assert most_in(10, world.times("one0", "one1", "one2")) <= 1.05 * 10 * 60
    assert len(world.times()) >= 0.9 * 20 * 200


def test_a_slow_campaign_of_many_workers_does_not_starve_beside_a_fast_one() -> None:
    world = World()
    slow = [world.work(f"s{n}", world.pace(("account", 1000), ("slow", 100)), 20, 60) for n in range(20)]
    fast = [world.work(f"f{n}", world.pace(("account", 1000)), 20, 300) for n in range(5)]
    world.run(*slow, *fast)
    assert len(world.times(*(f"s{n}" for n in range(20)))) >= 0.75 * 20 * 100


def test_a_limit_that_a_wider_one_keeps_anyway_is_not_asked() -> None:
    world = World()
    world.run(world.work("it", world.pace(("account", 50), ("campaign", 50)), 2, 10))
    assert {name for name, _, _ in world.store.asked} == {"account"}


# ---- what leases cost


def test_full_work_leases_a_quarter_of_a_seconds_turns_at_a_time() -> None:
    world = World()
    world.run(world.work("it", world.pace(("any", 200)), 20, 100))
    assert len(world.store.asked) <= 20 * 4 + 2
    assert max(turns for _, _, turns in world.store.asked) <= 50


def test_a_worker_with_little_to_do_leaves_the_turns_to_the_others() -> None:
    world = World()

    async def trickle() -> None:
        pace = world.pace(("any", 100))
        for _ in range(40):
            await pace.turn(lambda: False)
            await asyncio.sleep(0.5)

    world.run(
        trickle(), trickle(), trickle(), trickle(), world.work("busy", world.pace(("any", 100)), 20, 60)
    )
    assert len(world.times("busy")) >= 0.8 * 20 * 100


# ---- without a limit


def test_without_a_limit_a_call_goes_at_once_without_a_loop() -> None:
    turn = World().pace().turn(lambda: False)
    with pytest.raises(StopIteration) as ended:
        turn.send(None)
    assert ended.value.value is True


def test_a_busy_wechat_slows_down_calls_without_a_limit_and_they_recover() -> None:
    world = World()
    pace = world.pace()

    async def trouble() -> None:
        await asyncio.sleep(2)
        for _ in range(100):
            pace.heard(BUSY)

    world.run(world.work("it", pace, 10, 30), trouble())
    counts = [sum(second <= at < second + 1 for at in world.times()) for second in range(10)]
    assert counts[2] == pytest.approx(counts[1] / 2, rel=0.1)
    assert counts[3] > counts[2] * 1.1
    assert counts[8] == pytest.approx(counts[1], rel=0.05)


# ---- halting and waiting


def test_halted_work_gets_no_turn() -> None:
    world = World()
    assert world.run(world.pace().turn(lambda: True), world.pace(("any", 1)).turn(lambda: True)) == [
        False,
        False,
    ]
    assert world.store.asked == []


@pytest.mark.parametrize("hangs", [False, True], ids=["waits its turn", "the store hangs"])
def test_who_waits_hears_of_the_halt_within_a_tenth_of_a_second(*, hangs: bool) -> None:
    world = World(Store(hangs=hangs))
    pace = world.pace(("any", 0.01))

    async def wait() -> tuple[bool, float]:
        return await pace.turn(lambda: world.time.passed >= 2), world.time.passed

    *_, (granted, at) = world.run(wait(), wait())
    assert not granted
    assert 2 <= at <= 2.1
    assert pace.waiting == 0


def test_it_says_how_many_wait() -> None:
    world = World()
    pace = world.pace(("any", 10))

    async def look() -> int:
        await asyncio.sleep(1.05)
        return pace.waiting

    *_, waiting = world.run(*(pace.turn(lambda: False) for _ in range(40)), look())
    assert waiting == pytest.approx(29, abs=1)


def test_a_cancelled_wait_takes_nobodys_turn() -> None:
    world = World()
    pace = world.pace(("any", 10))

    async def main() -> list[bool]:
        tasks = [asyncio.create_task(pace.turn(lambda: False)) for _ in range(30)]
        await asyncio.sleep(0.05)
        for task in tasks[1:-1]:
            task.cancel()
        return [await tasks[0], await tasks[-1]]

    assert world.run(main()) == [[True, True]]
    assert world.time.passed < 0.3
    assert pace.waiting == 0


@pytest.mark.parametrize(("rate", "batch"), [(2, 1), (40, 10), (400, 100), (4000, 250)])
def test_a_batch_is_a_quarter_of_a_seconds_calls(rate: float, batch: int) -> None:
    assert World().pace(("account", 9999), ("campaign", rate)).batch(250) == batch


def test_without_a_limit_a_batch_is_as_big_as_can_be() -> None:
    assert World().pace().batch(250) == 250


# ---- the store fails


def test_while_the_store_fails_nothing_goes_and_afterwards_everything() -> None:
    world = World()
    world.store.back_at = world.time.now() + 30
    world.run(world.work("it", world.pace(("any", 20)), 40, 10))
    assert world.times()[0] >= 30
    assert len(world.times()) >= 0.9 * 20 * (40 - 30 - 5)


def test_a_failing_store_is_asked_ever_less_often(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.store.back_at = world.time.now() + 30
    world.run(world.work("it", world.pace(("any", 20)), 29, 10))
    pauses = [after - before for before, after in pairwise(now for _, now, _ in world.store.asked)]
    assert pauses[0] < 0.2
    assert 4.9 < pauses[-1] < 5.2
    assert "throttled" in caplog.text


@pytest.mark.parametrize("latency", [0.2, 0.5, 0.7])
def test_a_slow_store_makes_it_slower_and_does_not_stop_it(latency: float) -> None:
    world = World(Store(latency=latency))
    world.run(world.work("it", world.pace(("any", 100)), 30, 60))
    assert len(world.times()) >= 0.2 * 30 * 100


def test_a_fault_of_ours_is_raised_where_somebody_waits() -> None:
    world = World()
    pace = world.pace(("any", 10))
    world.store.asked = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        world.run(pace.turn(lambda: False))


# ---- the messenger


@dataclass
class Messenger:
    reply: Reply
    calls: int = 0

    async def send(self, openid: str, permit: Permit, message: Message, timeout: float) -> Reply:
        self.calls += 1
        return self.reply


def send(messenger: PacedMessenger) -> Coroutine[Any, Any, Reply]:
    return messenger.send("ada", Permit(Kind.FORM, "form"), Message(MessageType.TEMPLATE, "T1"), 5.0)


def test_every_call_takes_a_turn() -> None:
    world, messenger = World(), Messenger(OK)
    paced = PacedMessenger(messenger, world.pace(("any", 5)), lambda: False)
    assert world.run(*(send(paced) for _ in range(11))) == [OK] * 11
    assert world.time.passed == pytest.approx(10 / 5, abs=0.05)


def test_what_wechat_answers_is_heard() -> None:
    world = World()
    pace = world.pace()
    world.run(send(PacedMessenger(Messenger(BUSY), pace, lambda: False)))
    assert pace.batch(250) < 250


def test_halted_work_does_not_reach_wechat() -> None:
    world, messenger = World(), Messenger(OK)
    [reply] = world.run(send(PacedMessenger(messenger, world.pace(), lambda: True)))
    assert (reply.taken, reply.reaction, reply.reached) == (Taken.NO, Reaction.BACK_OFF, False)
    assert messenger.calls == 0
