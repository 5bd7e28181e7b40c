"""Bounds how many users a campaign's worker leaves in doubt while the provider doesn't answer.

An outage is noticed only when answers fail to come. By then, all calls in flight may be in doubt. So only the first
`most` deliveries begin before the provider has answered, and as many while it is silent or its answers are lost.
The others wait until it answers, or until the campaign stops. An answer is anything that settles a call, also a
refusal.
"""

import asyncio
import math
import time
from collections.abc import Callable
from typing import Final

from minipush.application.ports.channel import SendResult, Verdict

# More than the usual time between two answers when 50 calls are in flight, in seconds.
SILENCE: Final = 0.15
# So many lost answers in a row are no accident.
LOST: Final = 10
# So many are an outage: campaigns stop.
OUTAGE: Final = 25
# How often those that wait look whether they are stopped.
LOOK: Final = 0.05


class DoubtLimit:
    """One for all segments of a campaign in a worker. `most`: how many users; by default, there is no limit."""

    def __init__(self, most: float = math.inf) -> None:
        self._most = most
        self._open = 0
        self._lost = 0
        self._answered_at = -math.inf
        self._waiting = 0
        self._answer = asyncio.Event()

    async def wait(self, is_over: Callable[[], bool]) -> bool:
        """Wait while the limit is reached. False as soon as `is_over()` is true."""
        while self.is_reached():
            if is_over():
                return False
            await self._next_answer()
        return True

    async def _next_answer(self) -> None:
        self._waiting += 1
        try:
            async with asyncio.timeout(LOOK):
                await self._answer.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    def is_reached(self) -> bool:
        """Whether no further delivery may begin. Without any in flight, one may: its answer shows whether the outage is over."""
        if self._open + self._lost < self._most or not self._open:
            return False
        return self._lost >= LOST or time.monotonic() > self._answered_at + SILENCE

    @property
    def is_outage(self) -> bool:
        """Whether many answers in a row were lost, and none has come since."""
        return self._lost >= OUTAGE

    def begin(self) -> None:
        """Count a delivery that begins."""
        self._open += 1

    def end(self) -> None:
        self._open -= 1

    def observe(self, result: SendResult) -> None:
        """Learn from the result of a call. One that never got to the provider says nothing."""
        if result.verdict is Verdict.UNKNOWN:
            self._lost += 1
        elif result.reached:
            self._lost = 0
            self._answered_at = time.monotonic()
            if self._waiting:
                self._answer.set()
                self._answer.clear()
