"""How many calls a day and a minute may see. The day turns at midnight in China (an assumption)."""

from collections import defaultdict

from local.simulator.answers import RefusedError
from local.simulator.clock import Clock

DAY = 86_400
CHINA_OFFSET = 8 * 3600


class Window:
    """Counts calls in consecutive spans of time; a new span starts at zero."""

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


class Quotas:
    """A call counts when it is made, also when it is then refused (assumed)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._days: defaultdict[str, Window] = defaultdict(lambda: Window(DAY))
        self._minutes: defaultdict[str, Window] = defaultdict(lambda: Window(60))

    def count(
        self, what: str, *, daily: int | None, minute: int | None = None, over_minute: int = 45011
    ) -> None:
        """RefusedError 45009 over the day's quota, `over_minute` over the minute's."""
        now = self._clock()
        if self._days[what].count(now) > (daily if daily is not None else float("inf")):
            raise RefusedError(45009)
        if minute is not None and self._minutes[what].count(now) > minute:
            raise RefusedError(over_minute)
