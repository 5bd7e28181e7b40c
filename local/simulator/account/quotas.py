"""Quotas of calls per day and per minute. The day starts at midnight in China (assumed)."""

from collections import defaultdict

from local.simulator.account.clock import Clock
from local.simulator.answers import ErrcodeError

DAY = 86_400
CHINA_OFFSET = 8 * 3600


class Window:
    """Counts calls in consecutive spans of time. A new span starts at zero."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._span = -1
        self.used = 0

    def count(self, now: float) -> int:
        span = int(now + CHINA_OFFSET) // self._seconds
        if span != self._span:
            self._span, self.used = span, 0
        self.used += 1
        return self.used

    def used_at(self, now: float) -> int:
        return self.used if int(now + CHINA_OFFSET) // self._seconds == self._span else 0


class Quotas:
    """Every call counts, including calls that are then refused (assumed)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._days: defaultdict[str, Window] = defaultdict(lambda: Window(DAY))
        self._minutes: defaultdict[str, Window] = defaultdict(lambda: Window(60))

    def count(
        self, what: str, *, daily: int | None, minute: int | None = None, over_minute: int = 45011
    ) -> None:
        """ErrcodeError 45009 above the daily quota, `over_minute` above the limit per minute."""
        now = self._clock()
        if self._days[what].count(now) > (daily if daily is not None else float("inf")):
            raise ErrcodeError(45009)
        if minute is not None and self._minutes[what].count(now) > minute:
            raise ErrcodeError(over_minute)

    def used(self, what: str) -> int:
        """How often it was called today."""
        return self._days[what].used_at(self._clock())

    def clear(self) -> None:
        self._days.clear()
        self._minutes.clear()
