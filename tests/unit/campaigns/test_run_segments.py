"""How a worker shares its time among the segments that wait in the queue."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.campaigns import MemoryQueue

from minipush.application.campaigns.worker.run_segments import RunSegments
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.delivery import never
from minipush.application.ports.campaigns import QueuedSegment
from minipush.domain.counts import Counts
from minipush.errors import StoreError

if TYPE_CHECKING:
    from minipush.application.metric_names import Metric

SETTINGS = replace(
    WorkerSettings(),
    segments_at_once=3,
    first_poll_seconds=0.05,
    poll_seconds=0.05,
    poll_again_seconds=0.01,
    poll_wait_seconds=0,
    segments_per_poll=2,
    slice_seconds=0.2,
)


class World:
    """Segments that run until they are ended. A segment is named by its number."""

    def __init__(self, settings: WorkerSettings = SETTINGS, slow_landing: float = 0) -> None:
        self.queue = MemoryQueue()
        self.slow_landing = slow_landing
        self.asked_to_leave: list[int] = []
        self.settings = settings
        self.started: list[int] = []
        self.ended: dict[int, asyncio.Event] = {}
        self.handed_back: list[int] = []
        self.counted: list[Mapping[Metric, int]] = []
        self.work = RunSegments(self.run_segment, self.queue, self.counted.append, settings)

    async def run_segment(
        self,
        campaign_id: str,
        number: int,
        deadline: float,
        keep_alive: Callable[[], None],
        is_handed_back: Callable[[], bool] = never,
    ) -> Counts:
        self.started.append(number)
        ended = self.ended.setdefault(number, asyncio.Event())
        while not ended.is_set():
            keep_alive()
            if is_handed_back():
                self.asked_to_leave.append(number)
                await asyncio.sleep(self.slow_landing)
                self.handed_back.append(number)
                self.queue.put(campaign_id, [number])
                return Counts(sent=1)
            await asyncio.sleep(0.005)
        return Counts(sent=1)

    def received(self, number: int) -> QueuedSegment:
        self.queue.put("c-1", [number])
        return self.queue.receive(1, 0, 60)[0]

    def end(self, *numbers: int) -> None:
        for number in numbers:
            self.ended.setdefault(number, asyncio.Event()).set()

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not fulfilled():  # noqa: ASYNC110  # whatever the caller asks for
                await asyncio.sleep(0.005)


def run(world: World, during: Callable[[World], Coroutine[None, None, None]], seconds: float = 300) -> None:
    async def both() -> None:
        work = asyncio.create_task(world.work([world.received(0)], time.monotonic() + seconds))
        await during(world)
        world.end(*range(100))
        assert await work == []

    asyncio.run(both())


def test_a_segment_that_waits_starts_beside_a_slow_one() -> None:
    async def during(world: World) -> None:
        await world.until(lambda: world.started == [0])
        world.queue.put("c-2", [1])
        await world.until(lambda: world.started == [0, 1])

    run(World(), during)


def test_a_worker_first_leaves_the_queue_to_workers_that_are_about_to_start() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1])
        await asyncio.sleep(0.2)
        assert world.started == [0]
        await world.until(lambda: world.started == [0, 1])

    run(World(replace(SETTINGS, first_poll_seconds=0.5)), during)


def test_a_worker_leaves_some_of_the_queue_to_others() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1, 2, 3])
        await world.until(lambda: len(world.started) > 1)
        assert world.started == [0, 1, 2]
        assert len(world.queue.messages) == 1

    run(World(replace(SETTINGS, segments_at_once=10, poll_again_seconds=60)), during)


def test_a_full_worker_hands_back_the_segment_that_it_has_run_for_longest() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1, 2])
        await world.until(lambda: len(world.started) == 3)
        world.queue.put("c-3", [3])
        await world.until(lambda: 3 in world.started)
        await world.until(lambda: bool(world.handed_back))
        assert world.handed_back[0] == 0

    run(World(), during)


def test_a_full_worker_takes_nothing_before_a_segment_has_had_its_slice() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1, 2])
        await world.until(lambda: len(world.started) == 3)
        world.queue.put("c-3", [3])
        await asyncio.sleep(0.3)
        assert (world.started, world.handed_back) == ([0, 1, 2], [])

    run(World(replace(SETTINGS, slice_seconds=60)), during)


def test_no_more_segments_are_handed_back_than_others_need_room() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1, 2])
        await world.until(lambda: len(world.started) == 3)
        await asyncio.sleep(2 * world.settings.slice_seconds)
        world.queue.put("c-3", [3])
        await world.until(lambda: 3 in world.started)
        await asyncio.sleep(0.1)
        assert world.asked_to_leave == [0]

    run(World(slow_landing=0.5), during)


def test_segments_beyond_the_room_take_turns() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1, 2, 3, 4])
        await world.until(lambda: {0, 1, 2, 3, 4} <= set(world.started))
        await world.until(lambda: all(world.started.count(number) > 1 for number in range(5)))

    run(World(), during)


def test_a_message_is_deleted_as_soon_as_its_segment_has_run() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1])
        await world.until(lambda: 1 in world.started)
        world.end(0)
        await world.until(lambda: len(world.queue.received) == 1)

    world = World()
    run(world, during)
    assert not world.queue.received


def test_every_segment_is_counted() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1])
        await world.until(lambda: 1 in world.started)

    world = World()
    run(world, during)
    assert world.counted == [{"MessagesSent": 1}, {"MessagesSent": 1}]


def test_no_segment_is_taken_when_the_time_is_nearly_over() -> None:
    async def during(world: World) -> None:
        world.queue.put("c-2", [1])
        await asyncio.sleep(0.3)
        assert world.started == [0]

    run(World(), during, seconds=SETTINGS.landing_seconds)


def test_a_queue_that_fails_disturbs_no_segment() -> None:
    class FailingQueue(MemoryQueue):
        failures = 3

        def receive(self, most: int, wait_seconds: int, hidden_seconds: int) -> list[QueuedSegment]:
            if self.received and self.failures:
                self.failures -= 1
                raise StoreError("no answer")
            return super().receive(most, wait_seconds, hidden_seconds)

    async def during(world: World) -> None:
        world.queue.put("c-2", [1])
        await world.until(lambda: 1 in world.started)

    world = World()
    world.queue = FailingQueue()
    world.work = RunSegments(world.run_segment, world.queue, world.counted.append, SETTINGS)
    run(world, during)


@pytest.mark.parametrize("error", [StoreError("no answer"), ValueError("a fault in the code")])
def test_the_message_of_a_segment_that_fails_stays_and_the_others_run_on(error: Exception) -> None:
    queue, hidden = MemoryQueue(), SETTINGS.hidden_seconds

    async def run_segment(_: str, number: int, *__: object, **___: object) -> Counts:
        if number == 0:
            raise error
        return Counts()

    queue.put("c-1", [0, 1])
    received = queue.receive(2, 0, 0)
    work = RunSegments(run_segment, queue, lambda _: None, SETTINGS)
    assert asyncio.run(work(received, time.monotonic() + 300)) == received[:1]
    ((message, visible_at),) = queue.received.values()
    assert message == ("c-1", 0, 0)
    assert visible_at == pytest.approx(time.monotonic() + hidden, abs=5)
