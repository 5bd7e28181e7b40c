"""What a delivery is, and what a try of it needs."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from minipush.application.ports.channel import Channel, SendResult
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.domain.campaigns import FrequencyCap
from minipush.domain.messages import Message


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try one permit. Times are in seconds; pauses double, with jitter."""

    tries: int = 6
    waits: int = 10
    """How often to wait for another message to the same user: half a minute in all, if there is time."""
    first_pause: float = 0.2
    longest_pause: float = 10.0
    answer_within: float = 5.0
    slot_valid: float = 0.2
    """How long after its slot the first call may go out. The claim is written in between."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def pause(self, tries: int) -> float:
        pause = min(self.first_pause * 2.0 ** (tries - 1), self.longest_pause)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311


def never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the deliveries of one campaign or direct send share.

    Claims carry `id`, and `owner` for this process. `deadline` is on time.monotonic(). `is_stopped` is asked
    before every call: once it returns True, no further call goes out.
    """

    id: str
    owner: str
    message: Message
    deadline: float
    frequency_cap: FrequencyCap | None = None
    is_stopped: Callable[[], bool] = never
    is_long_term: bool | None = None
    """What the sync says of the message's template; None if it says nothing."""

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
    """Every call to the provider takes a slot, also the second try of a message."""

    async def acquire(self, is_stopped: Callable[[], bool]) -> bool:
        """Wait for a slot. False as soon as `is_stopped()` is true."""
        ...

    def observe(self, result: SendResult) -> None:
        """Learn from the result of a call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDependencies:
    """The collaborators of Deliver and Attempt."""

    ledger: Ledger
    channel: Channel
    rate_gate: RateGate
    clock: Clock
    retry_policy: RetryPolicy
