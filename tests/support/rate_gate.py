"""Turns without a limit. `given` counts them; none is given beyond `most`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.wechat.sender import Reply


@dataclass
class FreeTurns:
    most: int = sys.maxsize
    given: int = 0
    replies: list[Reply] = field(default_factory=list)

    async def acquire(self, is_stopped: Callable[[], bool]) -> bool:
        if is_stopped() or self.given >= self.most:
            return False
        self.given += 1
        return True

    def observe(self, reply: Reply) -> None:
        self.replies.append(reply)
