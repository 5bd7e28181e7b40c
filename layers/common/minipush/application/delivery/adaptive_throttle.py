"""How fast a worker may go when WeChat says that it is too much.

Half as fast on trouble, a quarter faster each calm second, until it is back where the trouble began. Each
worker slows down by itself: all of them hear WeChat.
"""

import logging
import math
from typing import Final

from minipush.wechat.errcodes import Reaction
from minipush.wechat.sender import Reply

logger = logging.getLogger(__name__)

SLOWEST: Final = 1.0
EASING: Final = 1.25
MINUTES_LIMIT: Final = 45011
HOLD: Final = 2.0
# Fewer than that of all answers are the weather, not us. They are tried again either way.
NOISE: Final = 0.02
# What a late wake-up of the loop may make up for, in seconds.
SLACK: Final = 0.1
# "Too many to this user", "at the same time to this user": going slower for all changes nothing.
_ONE_USERS: Final = frozenset({43108, 43117})


class AdaptiveThrottle:
    """Times in seconds, on one clock. `rate` is in calls a second, infinite while there is no slow-down."""

    def __init__(self, now: float) -> None:
        self.rate = math.inf
        self._next = now
        self._before = 0.0  # the rate at which the trouble began
        self._most = math.inf
        self._calm_since = now
        self._deaf_until = now
        self._since, self._count = now, 0
        self._last: float | None = None  # the rate of the second before `_since`
        self._noisy_since, self._noise = now, 0

    @property
    def in_force(self) -> bool:
        return self.rate < math.inf

    def begin(self, rate: float, most: float, now: float) -> None:
        """At that rate, and never faster than `most`, until it is ended."""
        self.rate, self._most, self._before = rate, most, math.inf
        self._next = self._calm_since = now

    def end(self) -> None:
        self.rate, self._most, self._before = math.inf, math.inf, 0.0

    def next_at(self, now: float) -> float:
        """When the next call may go."""
        self._ease(now)
        return self._next if self.in_force else now

    def grant(self, now: float) -> None:
        """A call was let go."""
        if self.in_force:
            self._next = max(self._next, now - SLACK) + 1 / self.rate

    def sent(self, now: float) -> None:
        """A call goes out."""
        self._count += 1
        if now - self._since >= 1.0:
            self._last, self._since, self._count = self._measured(now), now, 0

    def observe(self, reply: Reply, now: float) -> None:
        if reply.reaction is not Reaction.BACK_OFF or not reply.reached or reply.errcode in _ONE_USERS:
            return
        if reply.errcode != MINUTES_LIMIT and self._is_noise(now):
            return
        self._calm_since = max(self._calm_since, now)
        if now >= self._deaf_until:
            self._cut(now, minute=reply.errcode == MINUTES_LIMIT)

    def _cut(self, now: float, *, minute: bool) -> None:
        measured = min(self._measured(now), self.rate)
        again = now + HOLD if minute else now
        self._before = max(self._before, measured)
        self.rate = max(SLOWEST, measured / (4 if minute else 2))
        self._next = self._calm_since = self._since = again
        self._last, self._count = self.rate, 0
        self._deaf_until = again + 1.0  # what is still to come answers calls at the old rate
        logger.warning("WeChat is busy: %.0f calls a second instead of %.0f", self.rate, measured)

    def _ease(self, now: float) -> None:
        while self.in_force and now - self._calm_since >= 1.0:
            self._calm_since += 1.0
            self.rate = min(max(self.rate * EASING, self.rate + SLOWEST), self._most)
            if self.rate >= self._before:
                self.end()
                logger.info("WeChat is calm: no slow-down any more")

    def _is_noise(self, now: float) -> bool:
        if now - self._noisy_since >= 1.0:
            self._noisy_since, self._noise = now, 0
        self._noise += 1
        return self._noise <= NOISE * self._measured(now)

    def per_second(self, now: float) -> float:
        """Calls over the last second, also where it is not over: a burst of so many."""
        elapsed = max(0.0, now - self._since)
        return (self._count + (self._last or 0.0) * max(0.0, 1.0 - elapsed)) / max(1.0, elapsed)

    def _measured(self, now: float) -> float:
        """Calls a second over the last second or so."""
        if self._last is not None:
            return self.per_second(now)
        return self._count / max(now - self._since, 0.1)
