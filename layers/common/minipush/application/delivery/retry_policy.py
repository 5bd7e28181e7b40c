"""How a permit is tried again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try one permit. Times are in seconds; pauses double, with jitter."""

    permits: int = 5
    """How many permits of a user are tried for one delivery. The others wait for the next one."""
    tries: int = 6
    waits: int = 10
    """How often to wait for another message to the same user: half a minute in all, if there is time."""
    early_tries: int = 7
    """How often to try a permit that the provider may not know yet: for 13 seconds in all, if there is time."""
    first_pause: float = 0.2
    longest_pause: float = 10.0
    answer_within: float = 5.0
    slot_valid: float = 0.2
    """How long after its slot the first call may go out. The claim is written in between."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def pause(self, tries: int) -> float:
        pause = min(self.first_pause * 2.0 ** (tries - 1), self.longest_pause)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311
