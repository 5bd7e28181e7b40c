"""Pauses and threads that don't wait, so that a run can be repeated."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


class NoThreads(ThreadPoolExecutor):
    """Runs the work at once in the calling thread."""

    def submit[**P, T](self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:  # the future's to raise
            future.set_exception(error)
        return future
