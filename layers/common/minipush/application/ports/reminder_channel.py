"""How a reminder gets to a user."""

import enum
from dataclasses import dataclass
from typing import Protocol

from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderReason


class ReminderVerdict(enum.Enum):
    """Whether the provider accepted the reminder."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # the answer was lost: another try could reach the user twice


class Concerns(enum.Enum):
    """What a rejection concerns."""

    ADDRESS = "address"  # it is dead: nothing more may be sent there
    MESSAGE = "message"
    ACCOUNT = "account"  # credentials, balance, signature: every reminder of the channel fails
    PROVIDER = "provider"  # busy or out of reach: the same reminder may go later
    RED_SWITCH = "red_switch"  # an operator has switched sending off: nothing was tried


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderResult:
    """`detail`: what the provider said, without addresses, keys and tokens: for people and logs only."""

    verdict: ReminderVerdict
    concerns: Concerns | None = None
    reason: ReminderReason | None = None
    provider_id: str | None = None
    detail: str | None = None
    retry_after: float | None = None
    """Seconds, where the provider said so."""


class ReminderChannel(Protocol):
    kind: ChannelKind
    repeat_ms: int
    """For so long after its first try a reminder in doubt may be sent again, as the provider or the device drops the
    repeat. 0: never."""
    find_after_ms: int
    """So long after its first try the provider can tell what became of a reminder in doubt. 0: it can't be asked."""

    def host(self, address: ChannelAddress) -> str:
        """What the circuit breaker stands before: the provider's host."""
        ...

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        """Send the reminder within `timeout` seconds. Never raises for what the provider or the network does."""
        ...

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        """Send the code that proves who owns the address."""
        ...

    async def find(
        self,
        reminder: Reminder,
        address: ChannelAddress,
        timeout: float,  # noqa: ASYNC109
    ) -> ReminderResult | None:
        """Ask the provider what became of a reminder in doubt. None if it can't be asked, or doesn't know yet."""
        ...
