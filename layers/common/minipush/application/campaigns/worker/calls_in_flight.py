"""The limit of calls in flight that all segments of a worker share."""

import asyncio
from collections import deque


class CallsInFlight:
    """Batches get room in the order in which they ask, so that no segment holds up another one.

    A batch never asks for more calls than `most`.
    """

    def __init__(self, most: int) -> None:
        self._room = most
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def enter(self, calls: int) -> None:
        """Wait for room. `leave` has to follow."""
        if not self._queue and calls <= self._room:
            self._room -= calls
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((calls, granted))
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.leave(calls)
            raise

    def leave(self, calls: int) -> None:
        self._room += calls
        while self._queue and (self._queue[0][1].done() or self._queue[0][0] <= self._room):
            wanted, granted = self._queue.popleft()
            if not granted.done():
                self._room -= wanted
                granted.set_result(None)
