"""Scripted faults: which calls fail, how, and how often."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Provider = Literal["bark", "aliyun", "tencent", "smtp"]
Action = Literal[
    "answer",
    "refuse",
    "leak",
    "reset_before",
    "reset_after",
    "hang",
    "garbage",
    "huge",
    "redirect",
    "latency",
]
SmtpPhase = Literal["connect", "auth", "mail", "rcpt", "data", "dot"]


class Fault(BaseModel):
    """Matches calls of `provider` that are for `to`, lets `after` of them pass, then applies `times` times.

    `taken`: for hang, garbage, huge and answer, whether the message goes out before the call fails.
    `status`, `text`: of `answer`. `code`: of `refuse`, Apple's reason or the provider's error code; of a mail server's
    reply, a number. `phase`: of a mail server. `location`: of `redirect`. `seconds`: of hang and latency.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Action
    provider: Provider | None = None
    to: str | None = None
    after: int = Field(default=0, ge=0)
    times: int | None = Field(default=1, ge=1)
    probability: float = Field(default=1, ge=0, le=1)
    seed: int = 0
    taken: bool = False
    status: int = Field(default=500, ge=200, le=599)
    text: str = ""
    code: str = ""
    phase: SmtpPhase = "rcpt"
    location: str = ""
    seconds: float = Field(default=60, ge=0)

    @property
    def lets_provider_act(self) -> bool:
        return self.taken or self.action in {"reset_after", "leak", "latency"}


@dataclass(slots=True)
class ArmedFault:
    """A fault in the queue, with the number of calls that it matched and applied to."""

    id: int
    fault: Fault
    rng: random.Random
    matched: int = 0
    applied: int = 0

    def applies(self, provider: str, to: str, fits: Callable[[Fault], bool]) -> bool:
        fault = self.fault
        if fault.provider not in (None, provider) or fault.to not in (None, to) or not fits(fault):
            return False
        if fault.times is not None and self.applied >= fault.times:
            return False
        self.matched += 1
        if self.matched <= fault.after or self.rng.random() >= fault.probability:
            return False
        self.applied += 1
        return True


class Faults:
    """A queue: each call meets the first fault that applies, and later faults do not see the call."""

    def __init__(self) -> None:
        self._queue: list[ArmedFault] = []
        self._last_id = 0

    def arm(self, fault: Fault) -> int:
        self._last_id += 1
        self._queue.append(ArmedFault(self._last_id, fault, random.Random(fault.seed)))  # noqa: S311 - repeatable
        return self._last_id

    def clear(self) -> None:
        self._queue.clear()

    def listed(self) -> list[ArmedFault]:
        return list(self._queue)

    def pick(self, provider: str, to: str, fits: Callable[[Fault], bool] = bool) -> Fault | None:
        return next((armed.fault for armed in self._queue if armed.applies(provider, to, fits)), None)
