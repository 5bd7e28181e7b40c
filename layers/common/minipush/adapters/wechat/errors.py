"""What the WeChat client raises, as an error that the application knows."""

from collections.abc import Mapping

from minipush.errors import WeChatUnavailableError
from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import (
    AnswerError,
    ConnectError,
    LostAnswerError,
    TokenAwaitedError,
    TokenUnavailableError,
    WeChatError,
)

# For people: what an error without an errcode was.
_CAUSES: Mapping[type[WeChatError], str] = {
    ConnectError: "no connection",
    LostAnswerError: "no answer",
    AnswerError: "an unexpected answer",
    TokenUnavailableError: "no access_token",
    TokenAwaitedError: "no access_token yet",
}
RETRY_SECONDS = 2


def is_temporary(error: WeChatError) -> bool:
    return error.reaction is Reaction.BACK_OFF


def unavailable(what: str, error: WeChatError, retry_seconds: int | None) -> WeChatUnavailableError:
    """`what` says in a clause what WeChat doesn't do."""
    cause = _CAUSES.get(type(error), "an error without an errcode")
    return WeChatUnavailableError(
        what,
        cause=cause,
        errcode=error.errcode,
        rid=error.rid,
        errmsg=error.errmsg,
        retry_seconds=retry_seconds,
    )
