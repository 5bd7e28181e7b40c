"""What the WeChat client raises, as an error that the application knows."""

from minipush.errors import WeChatUnavailableError
from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import WeChatError

RETRY_SECONDS = 2


def is_temporary(error: WeChatError) -> bool:
    return error.reaction is Reaction.BACK_OFF


def unavailable(what: str, error: WeChatError, retry_seconds: int | None) -> WeChatUnavailableError:
    """`what` says in a clause what WeChat doesn't do."""
    cause = type(error).__name__
    return WeChatUnavailableError(
        what,
        cause=cause,
        errcode=error.errcode,
        rid=error.rid,
        errmsg=error.errmsg,
        retry_seconds=retry_seconds,
    )
