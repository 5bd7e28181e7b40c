"""Limits the codes that WeChat rejects by source address: each costs a call to WeChat, and anybody can invent them."""

from collections import OrderedDict
from typing import Final

from minipush.application.ports.clock import Clock
from minipush.errors import TooManyRejectedCodesError

BURST: Final = 50
MS_PER_CODE: Final = 200
ADDRESSES: Final = 10_000


class LoginRejections:
    """A token bucket for each address: 50 rejected codes at once, and five more a second. Each process has its own.

    Codes that WeChat accepts take nothing from the bucket. But while it is empty, no code from the address is tried,
    valid ones included: users behind the same address wait meanwhile. Behind a proxy, these are all users.
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
