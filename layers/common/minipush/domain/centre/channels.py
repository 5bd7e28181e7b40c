"""A user's channels: where reminders may go, and who has proven that the address is the user's."""

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from minipush.domain.centre.reminders import ChannelAddress, ChannelKind

HIDDEN: Final = "****"
# Of a key that is not longer, six characters would tell too much.
SHORT_KEY: Final = 10


class ChannelStatus(enum.StrEnum):
    """The values are part of the HTTP contract."""

    PENDING = "pending"  # a code has gone to the address
    VERIFIED = "verified"
    DEAD = "dead"  # nothing more is sent to the address


class DeadReason(enum.StrEnum):
    """Why nothing more is sent to an address. The values are part of the HTTP contract."""

    REFUSED = "refused"  # the provider doesn't know the address, or its owner has refused
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True)
class OwnershipCode:
    """The code that went to an address. `digest`: of the code, the user and the address."""

    digest: str
    expires_at: int
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChannel:
    """`verified_at`: when the user proved that the address is his (ms). `code`: the last one, also once it has proven that."""

    address: ChannelAddress
    status: ChannelStatus
    reason: DeadReason | None = None
    verified_at: int | None = None
    code: OwnershipCode | None = None

    @property
    def kind(self) -> ChannelKind:
        return self.address.kind


def channels_in_order(order: Sequence[ChannelKind], channels: Iterable[UserChannel]) -> list[UserChannel]:
    """The verified channels of `order`; those that it leaves out are not used."""
    verified = {channel.kind: channel for channel in channels if channel.status is ChannelStatus.VERIFIED}
    return [verified[kind] for kind in order if kind in verified]


def masked(address: ChannelAddress) -> str | None:
    """The address as it is shown: enough to tell one's own, and no more. None for channels inside WeChat."""
    text = address.text
    match address.kind:
        case ChannelKind.EMAIL:
            name, _, domain = text.rpartition("@")
            return f"{name[:1]}{HIDDEN}@{domain}"
        case ChannelKind.SMS:
            return f"{text[:-8]}{HIDDEN}{text[-4:]}"
        case ChannelKind.BARK:
            server, slash, key = text.rpartition("/")
            return f"{server}{slash}{_masked_key(key)}"
        case _:
            return None


def _masked_key(key: str) -> str:
    return f"{key[:3]}{HIDDEN}{key[-3:]}" if len(key) > SHORT_KEY else HIDDEN
