"""The limit of calls in flight that a worker's segments share."""

import asyncio
from collections.abc import Coroutine

from minipush.application.campaigns.worker.calls_in_flight import CallsInFlight


def run(work: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 10))


def test_no_more_calls_than_allowed_are_in_flight() -> None:
    async def work() -> None:
        limit, now, most = CallsInFlight(10), 0, 0

        async def batch(calls: int) -> None:
            nonlocal now, most
            await limit.enter(calls)
            now += calls
            most = max(most, now)
            await asyncio.sleep(0.001 * calls)
            now -= calls
            limit.leave(calls)

        await asyncio.gather(*(batch(1 + n % 10) for n in range(100)))
        assert (now, most) == (0, 10)

    run(work())


def test_batches_get_room_in_the_order_in_which_they_ask() -> None:
    async def work() -> None:
        limit, order = CallsInFlight(4), []

        async def batch(name: str, calls: int) -> None:
            await limit.enter(calls)
            order.append(name)
            limit.leave(calls)

        await limit.enter(4)
        asks = [asyncio.create_task(batch(*each)) for each in (("large", 4), ("small", 1), ("last", 3))]
        await asyncio.sleep(0)
        limit.leave(1)
        await asyncio.sleep(0)
        assert order == []
        limit.leave(3)
        await asyncio.gather(*asks)
        assert order == ["large", "small", "last"]

    run(work())


def test_a_batch_that_is_cancelled_leaves_its_room_to_others() -> None:
    async def work() -> None:
        limit = CallsInFlight(2)
        await limit.enter(2)
        waiting, granted = asyncio.create_task(limit.enter(2)), asyncio.create_task(limit.enter(2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        limit.leave(2)
        granted.cancel()
        await asyncio.gather(granted, return_exceptions=True)
        await limit.enter(2)

    run(work())
