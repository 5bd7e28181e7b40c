"""The public reason of a message that failed, by WeChat's errcode."""

from minipush.domain.messages import Reason
from minipush.wechat.errcodes import reaction_to


def reason_of(errcode: int | None) -> Reason:
    """`wechat_unavailable` also without one, or for a code that says that all is well."""
    reason = reaction_to(errcode or 0).reason
    return Reason(reason) if reason else Reason.WECHAT_UNAVAILABLE
