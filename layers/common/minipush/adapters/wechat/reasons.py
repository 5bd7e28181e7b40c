"""WeChat's errcodes as the reasons that users of the API see."""

from minipush.domain.messages import Reason
from minipush.wechat.errcodes import code_of


def reason_of(errcode: int | None) -> Reason:
    """The public reason of a failed message: `wechat_unavailable` without an errcode or for 0."""
    reason = code_of(errcode or 0).reason
    return Reason(reason) if reason else Reason.WECHAT_UNAVAILABLE
