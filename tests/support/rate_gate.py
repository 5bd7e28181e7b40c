"""Slots without a limit. `given` counts them; none is given beyond `most`."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.application.ports.channel import SendResult


@dataclass
class FreeSlots:
    most: int = sys.maxsize
    given: int = 0
    results: list[SendResult] = field(default_factory=list)

    async def acquire(self, is_stopped: Callable[[], bool], *, comes_first: bool = False) -> bool:
        if is_stopped() or self.given >= self.most:
            return False
        self.given += 1
        return True

    def observe(self, result: SendResult) -> None:
        self.results.append(result)
