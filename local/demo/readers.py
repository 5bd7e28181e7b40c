"""The users of the demo's app, and how each of them wants to be reminded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReaderProfile:
    """How a user of the app wants to be reminded. `channels`: in the user's order. `share`: of 12 users.

    `reminded_by`: the channel that reaches the user; None for nobody.
    """

    share: int
    channels: tuple[str, ...] = ()
    reminded_by: str | None = None
    has_dead_device: bool = False
    level: str = "strong"


READER_PROFILES = (
    ReaderProfile(4, ("bark",), "bark"),
    ReaderProfile(2, ("bark", "email"), "email", has_dead_device=True),
    ReaderProfile(2, ("email",), "email"),
    ReaderProfile(1, ("sms",), "sms"),
    ReaderProfile(1, ("bark",), None, level="weak"),
    ReaderProfile(2),
)


@dataclass(slots=True)
class Reader:
    """A user of the app. `own_openid`: the one that the user has in the app. `message`: as it is in the inbox."""

    openid: str
    own_openid: str
    profile: ReaderProfile
    addresses: dict[str, str] = field(default_factory=dict)
    message_id: str = ""
    message: Json = field(default_factory=dict)

    @property
    def reminder(self) -> Mapping[str, Any]:
        return self.message.get("reminder") or {}
