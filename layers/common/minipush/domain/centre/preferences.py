"""How a user wants to be reminded, whoever sends."""

import enum
from dataclasses import dataclass

from minipush.domain.centre.reminders import ChannelKind


class OnUnknown(enum.StrEnum):
    """What follows a reminder whose outcome is unknown. The values are part of the HTTP contract."""

    NEXT = "next"  # the next channel is tried: the user may be reminded twice
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class DoNotDisturb:
    """No reminders until `until` (ms); None: until the user says otherwise."""

    until: int | None = None

    def covers(self, now: int) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """`channels`: the order in which the user's verified channels are tried; those left out are not used.

    `receipts`: whether apps learn how a message of theirs was read and reminded of.
    """

    channels: tuple[ChannelKind, ...] = tuple(ChannelKind)
    do_not_disturb: DoNotDisturb | None = None
    on_unknown: OnUnknown = OnUnknown.NEXT
    receipts: bool = False
