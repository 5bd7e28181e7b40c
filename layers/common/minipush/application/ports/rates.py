"""The rate of calls to the provider: what a process waits for, and what all workers share."""

from collections.abc import Callable
from typing import Protocol

from minipush.application.ports.channel import SendResult


class RateReservations(Protocol):
    """Slots at a rate, shared by all workers. A slot is the time of one call.

    Each rate has one moving instant: when the next free slot is due. A reservation moves it on by its number of
    slots, starting from now where it has passed.

    Now is the caller's clock. A worker whose clock is ahead reserves from its own now, and sends by it: clocks that
    are s seconds apart add up to s seconds' worth of calls to any window, and the other workers wait that much
    longer once. Lambda's clocks are milliseconds apart.
    """

    async def reserve(self, name: str, per_second: float, slots: int, now: float, /) -> float:
        """Reserve consecutive slots; return when the first is due (seconds since the epoch, `now` or later).

        The others follow 1/per_second apart. Slots that nobody reserves are lost: there is no catching up.
        """
        ...


class RateGate(Protocol):
    """Every call to the provider takes a slot, also the second try of a message."""

    async def acquire(self, is_stopped: Callable[[], bool], *, comes_first: bool = False) -> bool:
        """Wait for a slot. False as soon as `is_stopped()` is true. `comes_first`: before all calls that wait already."""
        ...

    def observe(self, result: SendResult) -> None:
        """Learn from the result of a call."""
        ...
