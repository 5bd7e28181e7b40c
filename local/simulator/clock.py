"""The time inside the simulator: the machine's, moved by an offset, so that seven days can pass at once."""

from collections.abc import Callable

Clock = Callable[[], float]


class MovableClock:
    """Seconds since the epoch. `offset` is added to what `real` says."""

    def __init__(self, real: Clock) -> None:
        self.real = real
        self.offset = 0.0

    def __call__(self) -> float:
        return self.real() + self.offset
