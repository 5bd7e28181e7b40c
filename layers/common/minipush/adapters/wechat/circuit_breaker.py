"""Stops calls for a while when they keep failing."""

from collections.abc import Callable

FAILURES = 3
FIRST_PAUSE_MS = 2_000
LONGEST_PAUSE_MS = 30_000


class CircuitBreaker:
    """After three failures in a row, no calls are made for 2 seconds. Each further failure doubles the pause, up to 30.

    A success ends all of that. `clock` is in ms. Each process has its own.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = 0

    @property
    def pause_seconds(self) -> int:
        """For how long no call may be made, rounded up. 0: make one."""
        return max(0, -(-(self._closed_at - self._clock()) // 1000))

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= FAILURES:
            pause = min(FIRST_PAUSE_MS << (self._failures - FAILURES), LONGEST_PAUSE_MS)
            self._closed_at = self._clock() + pause
