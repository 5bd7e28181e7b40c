"""What a delivery is, and what a try of it needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from minipush.application.delivery.doubt_limit import DoubtLimit
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.ports.channel import Channel
from minipush.application.ports.clock import Clock
from minipush.application.ports.ledger import Ledger
from minipush.application.ports.rates import RateGate
from minipush.domain.campaigns import FrequencyCap
from minipush.domain.messages import Message


def never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the deliveries of one campaign or direct send share.

    Claims carry `id`, and `owner` for this process. `deadline` is on time.monotonic(). `is_stopped` is asked
    before every call: once it returns True, no further call goes out.
    """

    id: str
    owner: str
    message: Message
    deadline: float
    frequency_cap: FrequencyCap | None = None
    is_stopped: Callable[[], bool] = never
    is_long_term: bool | None = None
    """What the sync says of the message's template; None if it says nothing."""

    @property
    def holder(self) -> str:
        return f"{self.id}/{self.owner}"

    @property
    def time_left(self) -> float:
        return self.deadline - time.monotonic()

    def is_over(self) -> bool:
        """Whether no further call may go out."""
        return self.time_left <= 0 or self.is_stopped()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDependencies:
    """The collaborators of Deliver and Attempt."""

    ledger: Ledger
    channel: Channel
    rate_gate: RateGate
    clock: Clock
    retry_policy: RetryPolicy
    doubt_limit: DoubtLimit = field(default_factory=DoubtLimit)
    count_unproven: Callable[[int], None] = lambda _: None
    """Told how many permits were invalidated without a call."""
