"""Logs a user in with the js_code of wx.login. Source: WeChat's page of jscode2session."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.errors import AnswerError, LoginRefusedError, RefusedError
from minipush.wechat.transport import Request, Response, Transport

SESSION_PATH: Final = "/sns/jscode2session"
TIMEOUT: Final = 5.0
_LOGIN_AGAIN: Final = frozenset({40029, 40163, 40226})


@dataclass(frozen=True, slots=True)
class Session:
    """`unionid` is None unless the mini-program is bound to an Open Platform account."""

    openid: str
    unionid: str | None


class Sessions:
    """`secret`: see `TokenSource`."""

    def __init__(self, transport: Transport, appid: str, secret: str | Callable[[], str]) -> None:
        self._transport = transport
        self._appid = appid
        self._secret = secret

    def log_in(self, code: str) -> Session:
        """A code works once, for five minutes. After a `LostAnswerError` the user needs a new one.

        Raises `LoginRefusedError` (the user must log in again), or another `WeChatError` for a failure that is
        not the code's. WeChat's session_key is dropped: nothing needs it.
        """
        query = self._query(code)
        response = self._transport(Request("GET", SESSION_PATH, query), TIMEOUT)
        fields = _fields(response, query["secret"], code)
        openid, unionid = fields.get("openid"), fields.get("unionid")
        if not isinstance(openid, str) or not openid:
            raise AnswerError("the answer has no openid")
        return Session(openid, unionid if isinstance(unionid, str) and unionid else None)

    def _query(self, code: str) -> dict[str, str]:
        secret = self._secret if isinstance(self._secret, str) else self._secret()
        return {"appid": self._appid, "secret": secret, "js_code": code, "grant_type": "authorization_code"}


def _fields(response: Response, *secrets: str) -> dict[str, Any]:
    try:
        return successful_fields(response, *secrets)
    except RefusedError as error:
        if error.errcode in _LOGIN_AGAIN:
            raise LoginRefusedError(error.code, error.rid, error.errmsg) from None
        raise
