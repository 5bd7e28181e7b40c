"""The coroutines of a batch, all at once."""

import asyncio

import pytest

from minipush.application.campaigns.worker.all_at_once import all_at_once


async def result(value: int, turns: int = 0) -> int:
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


async def failure(turns: int = 0) -> int:
    await result(0, turns)
    raise ValueError


def test_results_come_in_order_whatever_ends_first() -> None:
    async def run() -> list[int | BaseException]:
        return await all_at_once(result(n, turns=3 - n) for n in range(4))

    assert asyncio.run(run()) == [0, 1, 2, 3]


@pytest.mark.parametrize("turns", [0, 2])
def test_a_failure_stands_for_its_own_result(turns: int) -> None:
    async def run() -> list[int | BaseException]:
        return await all_at_once([result(1, turns), failure(turns), result(3)])

    first, second, third = asyncio.run(run())
    assert (first, third) == (1, 3)
    assert isinstance(second, ValueError)


def test_nothing_to_do_is_done() -> None:
    async def run() -> list[int | BaseException]:
        return await all_at_once([])

    assert asyncio.run(run()) == []


def test_all_have_begun_before_the_first_one_waits_for_the_event_loop() -> None:
    begun: list[int] = []

    async def begin(number: int) -> int:
        begun.append(number)
        if number == 0:
            await asyncio.sleep(0)
            assert begun == [0, 1, 2]
        return number

    async def run() -> list[int | BaseException]:
        return await all_at_once(begin(n) for n in range(3))

    assert asyncio.run(run()) == [0, 1, 2]


def test_who_is_cancelled_cancels_them_and_waits_for_their_end() -> None:
    ended: list[int] = []

    async def forever(number: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)
        return number

    async def run() -> None:
        batch = asyncio.create_task(all_at_once(forever(n) for n in range(3)))
        await asyncio.sleep(0)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch

    asyncio.run(run())
    assert sorted(ended) == [0, 1, 2]
