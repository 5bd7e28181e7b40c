"""Limits the codes that WeChat rejects by source address: each costs a call to WeChat, and anybody can invent them."""

from collections import OrderedDict
from typing import Final

from minipush.application.ports.clock import Clock
from minipush.errors import TooManyRejectedCodesError

BURST: Final = 30
MS_PER_CODE: Final = 1_000
ADDRESSES: Final = 10_000


class LoginRejections:
    """A token bucket for each address: 30 rejected codes at once, and one more a second. Each process has its own.

    Codes that WeChat accepts cost nothing, so users behind one address don't share a limit.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # When the bucket of an address is full again (ms), the latest last.
        self._full_at: OrderedDict[str, int] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises TooManyRejectedCodesError while the address's bucket is empty."""
        wait = self._full_at.get(address, 0) - self._clock() - (BURST - 1) * MS_PER_CODE
        if wait > 0:
            raise TooManyRejectedCodesError(-(-wait // 1000))

    def add(self, address: str) -> None:
        now = self._clock()
        self._full_at[address] = max(self._full_at.get(address, 0), now) + MS_PER_CODE
        self._full_at.move_to_end(address)
        if len(self._full_at) > ADDRESSES:
            self._full_at.popitem(last=False)
