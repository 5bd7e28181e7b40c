"""How many calls each segment of a worker may have in flight."""

import asyncio
from collections.abc import Coroutine

from minipush.application.campaigns.worker.calls_in_flight import CallsInFlight, SegmentCalls


def run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


async def has_room(calls: SegmentCalls, count: int) -> bool:
    try:
        await asyncio.wait_for(calls.enter(count), 0.05)
    except TimeoutError:
        return False
    return True


def test_a_segment_that_is_alone_may_have_all_calls() -> None:
    async def work() -> None:
        with CallsInFlight(10).of_segment() as calls:
            assert await has_room(calls, 7)
            assert not await has_room(calls, 4)
            assert await has_room(calls, 3)

    run(work())


def test_a_batch_that_waits_goes_as_soon_as_there_is_room() -> None:
    async def work() -> None:
        with CallsInFlight(10).of_segment() as calls:
            await calls.enter(10)
            waiting = asyncio.create_task(calls.enter(4))
            await asyncio.sleep(0.01)
            calls.leave(3)
            await asyncio.sleep(0.01)
            assert not waiting.done()
            calls.leave(1)
            await waiting

    run(work())


def test_calls_of_one_segment_that_hang_hold_up_no_other_segment() -> None:
    async def work() -> None:
        shared = CallsInFlight(10)
        with shared.of_segment() as hanging, shared.of_segment() as other:
            await hanging.enter(10)
            assert await has_room(other, 5)
            assert not await has_room(other, 1)
            assert not await has_room(hanging, 1)

    run(work())


def test_a_batch_larger_than_the_share_goes_alone() -> None:
    async def work() -> None:
        shared = CallsInFlight(10)
        with shared.of_segment() as one, shared.of_segment(), shared.of_segment():
            assert await has_room(one, 8)
            assert not await has_room(one, 1)

    run(work())
