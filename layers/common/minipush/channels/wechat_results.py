"""WeChat's answers to sends, as results that say nothing of WeChat's numbers.

`minipush.wechat.errcodes` says how to react to each errcode. This module adds what only deliveries need to know.
"""

from collections.abc import Mapping
from typing import Final

from minipush.application.ports.channel import About, Load, Retry, SendResult, Verdict
from minipush.domain.messages import Reason
from minipush.wechat.errcodes import Reaction, code_of
from minipush.wechat.sender import Reply, Taken

_NOT_FOUND: Final = 41028
_USED_UP: Final = 41029
# "The same message within 60 s": the answer to a repeat, or WeChat's own check of contents.
_DUPLICATE: Final = 40241
_USER_IS_BUSY: Final = 43108
_TOO_MANY_TO_USER: Final = 43117
_MINUTE_LIMIT: Final = 45011
# These concern one user. Slower sends to everybody wouldn't help.
_ONE_USER: Final = frozenset({_USER_IS_BUSY, _TOO_MANY_TO_USER})

_ABOUT: Final = {
    Reaction.REFRESH_TOKEN: About.ACCOUNT,
    Reaction.NEXT_PERMIT: About.PERMIT,
    Reaction.USER_FAIL: About.USER,
    Reaction.MESSAGE_FAIL: About.MESSAGE,
    Reaction.CAMPAIGN_FAIL: About.CAMPAIGN,
    Reaction.PAUSE: About.ACCOUNT,
}


def send_result(reply: Reply, about: Mapping[Reaction, About]) -> SendResult:
    """`about` has the reactions whose meaning depends on the channel."""
    if reply.taken is Taken.YES:
        # A repeat may be answered with 0, which is no message's number.
        return SendResult(verdict=Verdict.ACCEPTED, errcode=reply.errcode, msgid=reply.msgid or None)
    if reply.taken is Taken.MAYBE:
        return SendResult(verdict=Verdict.UNKNOWN, load=_load(reply), errcode=reply.errcode, rid=reply.rid)
    concerned = about.get(reply.reaction) or _about(reply)
    return SendResult(
        verdict=Verdict.REJECTED,
        about=concerned,
        reason=Reason(reply.reason) if reply.reason else Reason.WECHAT_UNAVAILABLE,
        retry=_retry(reply),
        load=_load(reply),
        used_up=concerned is About.ALL_PERMITS or reply.errcode in (_USED_UP, _DUPLICATE),
        not_found=reply.errcode == _NOT_FOUND,
        reached=reply.reached,
        errcode=reply.errcode,
        rid=reply.rid,
        errmsg=reply.errmsg,
    )


def _about(reply: Reply) -> About:
    if reply.errcode in _ONE_USER:
        return About.USER
    return _ABOUT.get(reply.reaction, About.PROVIDER)


def _retry(reply: Reply) -> Retry:
    if reply.errcode == _USER_IS_BUSY:
        return Retry.WHEN_USER_IS_FREE
    if reply.reaction is Reaction.REFRESH_TOKEN:
        return Retry.WHEN_READY
    if reply.reaction is not Reaction.BACK_OFF:
        return Retry.NEVER
    return Retry.ONCE if reply.errcode is not None and _is_hopeless(reply.errcode) else Retry.BACK_OFF


def _is_hopeless(errcode: int) -> bool:
    """More than one retry is useless for a code in no table, and for one that concerns this user alone."""
    code = code_of(errcode)
    return not code.known or code.reason == Reason.REFUSED


def _load(reply: Reply) -> Load:
    if reply.reaction is not Reaction.BACK_OFF or not reply.reached or reply.errcode in _ONE_USER:
        return Load.NORMAL
    return Load.LIMITED if reply.errcode == _MINUTE_LIMIT else Load.BUSY
