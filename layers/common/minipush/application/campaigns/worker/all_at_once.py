"""Runs the coroutines of a batch at once, as asyncio.gather does, with fewer turns of the event loop.

gather starts each task in a turn of its own, and has a callback for the end of each. Here a task starts at once, and
the last one that ends tells. Each message of a campaign is such a coroutine.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any


async def all_at_once[T](coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
    """The result or the exception of each, in order. If this is cancelled, so are they."""
    batch = _Batch[T]()
    try:
        return await batch.run(list(coroutines))
    except asyncio.CancelledError:
        for task in batch.tasks:
            task.cancel()
        await asyncio.gather(*batch.tasks, return_exceptions=True)
        raise


class _Batch[T]:
    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self._results: list[T | BaseException] = []

    async def run(self, coroutines: list[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
        loop = asyncio.get_running_loop()
        self._results = [asyncio.CancelledError()] * len(coroutines)
        self._left, self._end = len(coroutines), asyncio.Future[None](loop=loop)
        for number, coroutine in enumerate(coroutines):
            self.tasks.append(asyncio.Task(self._follow(number, coroutine), loop=loop, eager_start=True))
        if self._left:
            await self._end
        return self._results

    async def _follow(self, number: int, coroutine: Coroutine[Any, Any, T]) -> None:
        try:
            self._results[number] = await coroutine
        except BaseException as error:  # noqa: BLE001  # as gather: the caller decides
            self._results[number] = error
        self._left -= 1
        if not self._left and not self._end.done():
            self._end.set_result(None)
