"""Apps: other mini-programs, whose back ends push into the inboxes of the users who bind to them."""

import enum
from dataclasses import dataclass

from minipush.domain.centre.pushes import USUAL_LIMITS, PushLimits


class AppStatus(enum.StrEnum):
    """From free to closed. The values are part of the HTTP contract."""

    ACTIVE = "active"
    HELD = "held"  # what it pushes is stored without a reminder, until somebody has reviewed it
    STRONG_OFF = "strong_off"  # the same, as a sanction
    BANNED = "banned"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """`name`, `icon_url`, `summary`: what a user reads before binding. `contact`: for the operator.

    `owner_openid`: of the person behind the app, in this mini-program. `limits`: what an operator has allowed it.
    `registered_at`, `hold_until`,
    `strong_off_until`, `banned_until` in ms; 0: never.
    """

    appid: str
    name: str
    icon_url: str
    summary: str
    contact: str
    owner_openid: str | None = None
    limits: PushLimits = USUAL_LIMITS
    registered_at: int
    hold_until: int = 0
    strong_off_until: int = 0
    banned_until: int = 0

    def status(self, now: int) -> AppStatus:
        if now < self.banned_until:
            return AppStatus.BANNED
        if now < self.strong_off_until:
            return AppStatus.STRONG_OFF
        return AppStatus.HELD if now < self.hold_until else AppStatus.ACTIVE

    def is_banned(self, now: int) -> bool:
        return self.status(now) is AppStatus.BANNED

    def may_remind(self, now: int) -> bool:
        return self.status(now) is AppStatus.ACTIVE
