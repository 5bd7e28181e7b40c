"""What a delivery is, and what it needs to go on: time, patience, turns."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from minipush.domain.campaigns import FrequencyCap
from minipush.domain.messages import Message
from minipush.wechat.sender import Reply


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try one permit: pauses in seconds, doubling, with jitter."""

    tries: int = 6
    first_pause: float = 0.2
    longest_pause: float = 10.0
    answer_within: float = 5.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def pause(self, tries: int) -> float:
        pause = min(self.first_pause * 2.0 ** (tries - 1), self.longest_pause)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311


def never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """`id` ties claims to it, `carrier` to this process; `deadline` is on time.monotonic().

    `halted` is asked before every call: when it says so, no further one goes out.
    """

    id: str
    owner: str
    message: Message
    deadline: float
    frequency_cap: FrequencyCap | None = None
    is_stopped: Callable[[], bool] = never

    @property
    def holder(self) -> str:
        return f"{self.id}/{self.owner}"

    @property
    def time_left(self) -> float:
        return self.deadline - time.monotonic()

    def is_over(self) -> bool:
        """Whether no further call may go out."""
        return self.time_left <= 0 or self.is_stopped()


class RateGate(Protocol):
    """Every call to WeChat takes a turn, also the second try of a message."""

    async def acquire(self, is_stopped: Callable[[], bool]) -> bool:
        """Wait for one; False as soon as `halted()`."""
        ...

    def observe(self, reply: Reply) -> None:
        """What came of a call."""
        ...
