"""A process's own slow-down when the provider is busy. Workers have one, and so have direct sends.

The rate is halved when the provider is busy. When it reports that a limit is exceeded, calls pause for two seconds,
and the rate is a quarter. The rate grows by a quarter each calm second, until it is back at the rate at which the
trouble began. Each process throttles itself: each of them gets the provider's answers.
"""

import logging
import math
from typing import Final

from minipush.application.ports.channel import Load, SendResult

logger = logging.getLogger(__name__)

SLOWEST: Final = 1.0
EASING: Final = 1.25
HOLD: Final = 2.0
# A smaller share of busy answers is not caused by the rate. Those messages are retried all the same.
NOISE: Final = 0.02
# How much a late wake-up of the event loop may be caught up, in seconds.
SLACK: Final = 0.1


class AdaptiveThrottle:
    """Times are in seconds on one clock. `rate` is in calls a second, infinite while the throttle is off."""

    def __init__(self, now: float) -> None:
        self.rate = math.inf
        self._next = now
        self._before = 0.0  # the rate at which the trouble began
        self._ceiling = math.inf
        self._calm_since = now
        self._ignore_until = now
        self._since, self._count = now, 0
        self._last: float | None = None  # the rate of the second before `_since`
        self._noisy_since, self._noise = now, 0

    @property
    def in_force(self) -> bool:
        return self.rate < math.inf

    def begin(self, rate: float, ceiling: float, now: float) -> None:
        """Start at `rate` and never exceed `ceiling`, until `end()`."""
        self.rate, self._ceiling, self._before = rate, ceiling, math.inf
        self._next = self._calm_since = now

    def end(self) -> None:
        self.rate, self._ceiling, self._before = math.inf, math.inf, 0.0

    def next_at(self, now: float) -> float:
        """When the next call may start."""
        self._ease(now)
        return self._next if self.in_force else now

    def grant(self, now: float) -> None:
        """Count a call that was let through."""
        if self.in_force:
            self._next = max(self._next, now - SLACK) + 1 / self.rate

    def sent(self, now: float) -> None:
        """Count a call that starts now, for the measured rate."""
        self._count += 1
        if now - self._since >= 1.0:
            self._last, self._since, self._count = self._measured(now), now, 0

    def observe(self, result: SendResult, now: float) -> None:
        if result.load is Load.NORMAL or (result.load is Load.BUSY and self._is_noise(now)):
            return
        self._calm_since = max(self._calm_since, now)
        if now >= self._ignore_until:
            self._cut(now, limited=result.load is Load.LIMITED)

    def _cut(self, now: float, *, limited: bool) -> None:
        measured = min(self._measured(now), self.rate)
        again = now + HOLD if limited else now
        self._before = max(self._before, measured)
        self.rate = max(SLOWEST, measured / (4 if limited else 2))
        self._next = self._calm_since = self._since = again
        self._last, self._count = self.rate, 0
        self._ignore_until = again + 1.0  # answers until then belong to calls at the old rate
        logger.warning("the provider is busy: %.0f calls a second instead of %.0f", self.rate, measured)

    def _ease(self, now: float) -> None:
        while self.in_force and now - self._calm_since >= 1.0:
            self._calm_since += 1.0
            self.rate = min(max(self.rate * EASING, self.rate + SLOWEST), self._ceiling)
            if self.rate >= self._before:
                self.end()
                logger.info("the provider is calm: the throttle is off")

    def _is_noise(self, now: float) -> bool:
        if now - self._noisy_since >= 1.0:
            self._noisy_since, self._noise = now, 0
        self._noise += 1
        return self._noise <= NOISE * self._measured(now)

    def per_second(self, now: float) -> float:
        """Calls over the last second. An unfinished second counts as it is: a burst shows at once."""
        elapsed = max(0.0, now - self._since)
        return (self._count + (self._last or 0.0) * max(0.0, 1.0 - elapsed)) / max(1.0, elapsed)

    def _measured(self, now: float) -> float:
        """Calls a second over about the last second."""
        if self._last is not None:
            return self.per_second(now)
        return self._count / max(now - self._since, 0.1)
