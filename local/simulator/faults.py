"""Scripted faults: which calls fail, how, and how often. The random choice has a seed, so that a run is repeatable."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Action = Literal[
    "errcode", "http_status", "reset_before", "reset_after", "hang", "garbage", "latency", "undelivered"
]


class Fault(BaseModel):
    """Matches calls by `path` and `openid` (the body's touser), lets `after` of them pass, then applies `times` times.

    `taken`: for http_status, hang and garbage, whether WeChat processes the call before it fails.
    `errcode` belongs to the actions errcode and undelivered, `error_status` to undelivered, `status` to http_status,
    `seconds` to hang, `ms` to latency.
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
        """Whether WeChat processes the call before it fails."""
        if self.action in {"reset_before", "reset_after"}:
            return self.action == "reset_after"
        return self.taken


@dataclass(slots=True)
class ArmedFault:
    """A fault in the queue, with the number of calls that it matched and applied to."""

    id: int
    fault: Fault
    rng: random.Random
    matched: int = 0
    applied: int = 0

    def applies(self, path: str, openid: Callable[[], str | None]) -> bool:
        fault = self.fault
        if fault.path not in (None, path) or (fault.openid is not None and fault.openid != openid()):
            return False
        self.matched += 1
        if self.matched <= fault.after or self.rng.random() >= fault.probability:
            return False
        self.applied += 1
        return True

    @property
    def is_used_up(self) -> bool:
        return self.fault.times is not None and self.applied >= self.fault.times


class Faults:
    """A queue: each call meets the first fault that applies, and later faults do not see the call.

    Delivery faults (`undelivered`) have their own queue.
    """

    def __init__(self) -> None:
        self._queue: list[ArmedFault] = []
        self._delivery_faults: list[ArmedFault] = []
        self._last_id = 0

    def arm(self, fault: Fault) -> int:
        self._last_id += 1
        queue = self._delivery_faults if fault.action == "undelivered" else self._queue
        queue.append(ArmedFault(self._last_id, fault, random.Random(fault.seed)))  # noqa: S311 - repeatable
        return self._last_id

    def clear(self) -> None:
        self._queue.clear()
        self._delivery_faults.clear()

    def listed(self) -> list[ArmedFault]:
        """Every fault armed since the last clear, including those used up."""
        return sorted((*self._queue, *self._delivery_faults), key=lambda armed: armed.id)

    def pick(self, path: str, openid: Callable[[], str | None]) -> Fault | None:
        return _first(self._queue, path, openid)

    def pick_delivery_fault(self, path: str, openid: str) -> Fault | None:
        """For a message to that user which WeChat accepted."""
        return _first(self._delivery_faults, path, lambda: openid)


def _first(queue: list[ArmedFault], path: str, openid: Callable[[], str | None]) -> Fault | None:
    for armed in queue:
        if not armed.is_used_up and armed.applies(path, openid):
            return armed.fault
    return None
