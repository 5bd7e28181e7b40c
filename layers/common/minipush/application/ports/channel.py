"""How a message gets to a user."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from minipush.domain.messages import Message, Reason
    from minipush.domain.permits import Permit


class Verdict(enum.Enum):
    """Whether the provider accepted the message."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # the answer was lost: another try could reach the user twice


class About(enum.Enum):
    """What a rejection concerns."""

    PERMIT = "permit"  # this permit is invalid for good
    ALL_PERMITS = "all_permits"  # the user has no valid permit left for this template
    USER = "user"
    MESSAGE = "message"  # the contents of this message
    CAMPAIGN = "campaign"  # what all messages of a campaign share: template, page
    ACCOUNT = "account"  # quota, ban, configuration
    PROVIDER = "provider"  # the provider is busy or out of reach


class Retry(enum.Enum):
    """Whether and when the same message may be sent again on the same permit after a rejection."""

    NEVER = "never"
    ONCE = "once"
    BACK_OFF = "back_off"  # with growing pauses
    WHEN_READY = "when_ready"  # at once, as soon as the channel is ready again: it needs another token
    WHEN_USER_IS_FREE = "when_user_is_free"  # another message to this user is in progress


class Load(enum.Enum):
    """What a result says about the rate of calls."""

    NORMAL = "normal"
    BUSY = "busy"
    LIMITED = "limited"  # a limit of the provider is exceeded


class SendResult(NamedTuple):
    """What became of one send. The application passes `errcode`, `errmsg`, `msgid` and `rid` on; it decides by the
    other fields.

    Pass the fields by name. This is no frozen dataclass, as every send makes one: it costs a quarter of that.
    """

    verdict: Verdict
    about: About | None = None
    """Set if the verdict is REJECTED, as is `reason`."""
    reason: Reason | None = None
    retry: Retry = Retry.NEVER
    load: Load = Load.NORMAL
    used_up: bool = False
    """The permit was spent before. After an earlier try in doubt, that try may have spent it."""
    not_found: bool = False
    """The provider doesn't know the permit: it never did, or no longer, or not yet."""
    reached: bool = True
    """False if the message certainly never got to the provider."""
    errcode: int | None = None
    msgid: int | None = None
    rid: str | None = None
    """The provider's id of the request, for its support."""
    errmsg: str | None = None
    """What the provider said with a refusal, without credentials: for people only."""


class Channel(Protocol):
    def is_ready(self, message: Message) -> bool:
        """Whether `send` could call the provider at once, with a token in hand. Never waits."""
        ...

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:  # noqa: ASYNC109
        """Get what `send` needs, within `timeout` seconds. None if the channel is ready, else what `send` would return."""
        ...

    async def send(
        self,
        openid: str,
        permit: Permit,
        message: Message,
        timeout: float,  # noqa: ASYNC109
        delivery_id: str,
    ) -> SendResult:
        """Send the message within `timeout` seconds. `delivery_id`: the same at each try of a delivery.

        Never raises for anything that the provider or the network does. Raises ValueError for a message that
        cannot be encoded.
        """
        ...
