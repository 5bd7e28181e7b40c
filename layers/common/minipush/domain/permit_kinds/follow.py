"""Follows of the official account: any number of its template messages while they last."""

from minipush.domain.follower import Follower
from minipush.domain.permits import Permit, PermitKind

# WeChat: one message for each openid and client_msg_id within ten minutes. The last minute is for clocks and queues.
_REPEATABLE_MS = 9 * 60 * 1000

FOLLOW = PermitKind(
    name="follow",
    sends=None,
    lifetime_ms=None,
    is_idempotency_key=True,
    repeatable_ms=_REPEATABLE_MS,
    used_up_proves_delivery=True,
    is_reusable=True,
    is_collected=False,
)


def follow_permits(follower: Follower | None) -> list[Permit]:
    """The permit's id is the user's openid in the official account."""
    return [Permit(FOLLOW, follower.openid)] if follower and follower.follows else []
