"""Broadcasts: one message of an app to everybody who has bound it."""

from dataclasses import dataclass

from minipush.domain.centre.inbox import TextCheck
from minipush.domain.centre.pushes import Push, PushReason, PushStatus
from minipush.domain.messages import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """What a campaign of an app says. `until`: when it is forgotten (ms, kept to the second)."""

    campaign_id: str
    appid: str
    push: Push
    text_check: TextCheck
    until: int


STATUSES = {
    PushStatus.STORED: Status.SENT,
    PushStatus.SKIPPED: Status.SKIPPED,
    PushStatus.FAILED: Status.FAILED,
}
REASONS = {
    PushReason.UNBOUND: Reason.UNBOUND,
    PushReason.REFUSED: Reason.REFUSED,
    PushReason.RATE_LIMITED: Reason.RATE_LIMITED,
    PushReason.CONTENT_BLOCKED: Reason.CONTENT_BLOCKED,
}
"""Why a push was not stored, as a campaign's report says it. The other reasons are of single pushes."""
