"""How many calls each segment of a worker may have in flight."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class CallsInFlight:
    """Each of a worker's segments has an equal share of `most`, whatever the calls of the others wait for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._segments = 0

    @contextmanager
    def of_segment(self) -> Iterator["SegmentCalls"]:
        self._segments += 1
        try:
            yield SegmentCalls(self)
        finally:
            self._segments -= 1

    @property
    def share(self) -> int:
        return self._most // max(1, self._segments)


class SegmentCalls:
    """For one run of a segment, which asks for room for one batch after the other."""

    def __init__(self, shared: CallsInFlight) -> None:
        self._shared = shared
        self._calls = 0
        self._left = asyncio.Event()

    async def enter(self, calls: int) -> None:
        """Wait for room. `leave` has to follow. A batch that is larger than the share goes alone."""
        while self._calls and self._calls + calls > self._shared.share:
            self._left.clear()
            await self._left.wait()
        self._calls += calls

    def leave(self, calls: int) -> None:
        self._calls -= calls
        self._left.set()
