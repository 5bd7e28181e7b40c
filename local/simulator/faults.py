"""Scripted faults: what goes wrong, with which calls, how often. Chance has a seed, so a run repeats."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Action = Literal[
    "errcode", "http_status", "reset_before", "reset_after", "hang", "garbage", "latency", "undelivered"
]


class Fault(BaseModel):
    """Matches calls by `path` and `openid` (the body's touser); lets `after` pass, then strikes `times`.

    `taken`: for http_status, hang and garbage, whether WeChat does what it was asked all the same.
    `errcode`, `status`, `seconds` and `ms` each belong to the one action that needs them, `errcode` and
    `error_status` to undelivered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    path: str | None = None
    openid: str | None = None
    after: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1, ge=0, le=1)
    seed: int = 0
    taken: bool = False
    errcode: int = -1
    status: int = Field(default=500, ge=400, le=599)
    seconds: float = Field(default=60, ge=0)
    ms: float = Field(default=1000, ge=0)
    error_status: str = "failed"

    @property
    def lets_wechat_act(self) -> bool:
        """Whether WeChat does what it was asked before the answer is spoilt."""
        if self.action in {"reset_before", "reset_after"}:
            return self.action == "reset_after"
        return self.taken


@dataclass(slots=True)
class Armed:
    """A fault in the queue, and what it has seen."""

    id: int
    fault: Fault
    chance: random.Random
    matched: int = 0
    struck: int = 0

    def strikes(self, path: str, openid: Callable[[], str | None]) -> bool:
        fault = self.fault
        if fault.path not in (None, path) or (fault.openid is not None and fault.openid != openid()):
            return False
        self.matched += 1
        if self.matched <= fault.after or self.chance.random() >= fault.probability:
            return False
        self.struck += 1
        return True

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.struck >= self.fault.times


class Faults:
    """A queue: the first fault that strikes is the call's fate, and those behind it don't see the call.

    What befalls messages after they were taken (undelivered) waits in a queue of its own.
    """

    def __init__(self) -> None:
        self._queue: list[Armed] = []
        self._late: list[Armed] = []
        self._last_id = 0

    def arm(self, fault: Fault) -> int:
        self._last_id += 1
        chance = random.Random(fault.seed)  # noqa: S311 - repeatable on purpose
        queue = self._late if fault.action == "undelivered" else self._queue
        queue.append(Armed(self._last_id, fault, chance))
        return self._last_id

    def clear(self) -> None:
        self._queue.clear()
        self._late.clear()

    def listed(self) -> list[Armed]:
        """Every fault armed since the last clear, spent ones too."""
        return sorted((*self._queue, *self._late), key=lambda armed: armed.id)

    def pick(self, path: str, openid: Callable[[], str | None]) -> Fault | None:
        return _first(self._queue, path, openid)

    def pick_late(self, path: str, openid: str) -> Fault | None:
        """For a message to that user which was taken."""
        return _first(self._late, path, lambda: openid)


def _first(queue: list[Armed], path: str, openid: Callable[[], str | None]) -> Fault | None:
    for armed in queue:
        if not armed.spent and armed.strikes(path, openid):
            return armed.fault
    return None
