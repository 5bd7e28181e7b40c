"""Limits by source address what anybody can invent: codes of wx.login, which cost a call to WeChat each, and keys."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from minipush.application.ports.clock import Clock
from minipush.errors import MinipushError, TooManyRejectedCodesError

BURST: Final = 50
MS_EACH: Final = 200
ADDRESSES: Final = 10_000


class RejectedCredentials:
    """A token bucket for each address: 50 rejected ones at once, and five more a second. Each process has its own.

    Credentials that are accepted take nothing from the bucket. But while it is empty, none from the address is tried,
    valid ones included: users behind the same address wait meanwhile. Behind a proxy, these are all users.

    `error` makes what `check` raises, of the seconds until the next try.
    """

    def __init__(
        self,
        clock: Clock,
        burst: int = BURST,
        ms_each: int = MS_EACH,
        error: Callable[[int], MinipushError] = TooManyRejectedCodesError,
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._ms_each = ms_each
        self._error = error
        # When the bucket of an address is full again (ms), the latest last.
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises the error while the address's bucket is empty."""
        wait = self._full_at.get(address, 0) - self._clock() - (self._burst - 1) * self._ms_each
        if wait > 0:
            raise self._error(-(-wait // 1000))

    def add(self, address: str) -> None:
        now = self._clock()
        self._full_at[address] = max(self._full_at.get(address, 0), now) + self._ms_each
        self._full_at.move_to_end(address)
        if len(self._full_at) > ADDRESSES:
            self._full_at.popitem(last=False)
