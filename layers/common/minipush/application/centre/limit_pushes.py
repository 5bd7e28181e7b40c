"""How many requests an app may make a second, and broadcasts a day, in all processes together."""

import random
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from minipush.application.ports.centre.app_use import AppUse
from minipush.application.ports.clock import Clock
from minipush.domain.centre.errors import TooManyPushesError
from minipush.domain.timestamps import DAY_MS

# Requests that one write takes.
TAKEN_AT_ONCE: Final = 3
# Messages that one write counts.
COUNTED_AT_ONCE: Final = 100
APPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an answer tells of the limit: `remaining` requests for `reset` seconds more."""

    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class _Use:
    """Of one app in this process. `taken`: the requests of `second` that are counted in the store. `uncounted`: messages
    that are not."""

    uncounted: int
    second: int = 0
    used: int = 0
    taken: int = 0
    is_over: bool = False


class LimitPushes:
    """The first request of a second in a process takes no write: who pushes slowly pays for the message alone.

    With the second one, the store counts both, and some more in advance. So P processes let through P requests more
    than the limit, at most.

    Messages are counted a hundred at a time. Each process begins at a random place in its first hundred, so that
    the sums are right on average however many processes there are.
    """

    def __init__(
        self,
        use: AppUse,
        clock: Clock,
        uncounted: Callable[[], int] = lambda: random.randrange(COUNTED_AT_ONCE),  # noqa: S311
    ) -> None:
        self._use = use
        self._clock = clock
        self._uncounted = uncounted
        self._apps: OrderedDict[str, _Use] = OrderedDict()
        self._counting = Lock()

    def take_request(self, appid: str, most: int) -> Allowance:
        """`most`: in a second. Raises TooManyPushesError, StoreError."""
        second = self._clock() // 1000
        mine = self._of(appid)
        if mine.second != second:
            mine.second, mine.used, mine.taken, mine.is_over = second, 0, 0, False
        if mine.is_over or not self._has_room(appid, mine, most):
            mine.is_over = True
            raise TooManyPushesError(f"{most} requests a second", most, 1)
        mine.used += 1
        return Allowance(most, max(0, most - mine.used), 1)

    def _has_room(self, appid: str, mine: _Use, most: int) -> bool:
        if mine.used == 0 or mine.used < mine.taken:
            return True
        needed = mine.used + 1 - mine.taken
        for number in (needed + TAKEN_AT_ONCE - 1, needed):
            if self._use.take_requests(appid, mine.second, number, most):
                mine.taken += number
                return True
        return False

    def take_broadcast(self, appid: str, campaign_id: str, most: int) -> None:
        """`most`: in a day (UTC). A repeat counts once. Raises TooManyPushesError, StoreError."""
        now = self._clock()
        if not self._use.take_broadcast(appid, now, campaign_id, most):
            raise TooManyPushesError(f"{most} broadcasts a day", most, -(-(DAY_MS - now % DAY_MS) // 1000))

    def count_messages(self, appid: str, number: int) -> None:
        """For the complaints of a day, which are judged by its messages. Calls may come from several threads.

        Raises StoreError.
        """
        if counted := self._take_hundreds(appid, number):
            self._use.add_messages(appid, self._clock(), counted)

    def _take_hundreds(self, appid: str, number: int) -> int:
        """How many messages the store is to count, with `number` more."""
        with self._counting:
            mine = self._of(appid)
            mine.uncounted += number
            counted = mine.uncounted // COUNTED_AT_ONCE * COUNTED_AT_ONCE
            mine.uncounted -= counted
        return counted

    def _of(self, appid: str) -> _Use:
        mine = self._apps.setdefault(appid, _Use(self._uncounted()))
        self._apps.move_to_end(appid)
        if len(self._apps) > APPS:
            self._apps.popitem(last=False)
        return mine
