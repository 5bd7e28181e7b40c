"""The simulated time: the machine's time plus an offset, so that seven days can pass at once."""

from collections.abc import Callable

Clock = Callable[[], float]


class MovableClock:
    """Seconds since the epoch: `real()` plus `offset`."""

    def __init__(self, real: Clock) -> None:
        self.real = real
        self.offset = 0.0

    def __call__(self) -> float:
        return self.real() + self.offset
