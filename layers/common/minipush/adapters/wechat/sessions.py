"""Logins by WeChat's jscode2session."""

from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
from minipush.adapters.wechat.errors import RETRY_SECONDS, unavailable
from minipush.application.ports.sessions import Login
from minipush.errors import LoginRejectedError, WeChatUnavailableError
from minipush.wechat.errors import LoginRefusedError, WeChatError
from minipush.wechat.sessions import Session, Sessions

_WHAT = "WeChat can't log anyone in right now"


class WeChatSessions:
    """Asks nothing while WeChat doesn't answer or is busy: each caller would wait for five seconds."""

    def __init__(self, sessions: Sessions, breaker: CircuitBreaker) -> None:
        self._sessions = sessions
        self._breaker = breaker

    def exchange(self, code: str) -> Login:
        if pause := self._breaker.pause_seconds:
            raise WeChatUnavailableError(_WHAT, cause="the last calls failed", retry_seconds=pause)
        session = self._log_in(code)
        return Login(session.openid, session.unionid)

    def _log_in(self, code: str) -> Session:
        try:
            session = self._sessions.log_in(code)
        except LoginRefusedError as error:
            self._breaker.succeeded()
            raise LoginRejectedError(error.errcode) from None
        except WeChatError as error:
            self._breaker.failed()
            retry_seconds = self._breaker.pause_seconds or RETRY_SECONDS
            raise unavailable(_WHAT, error, retry_seconds) from error
        self._breaker.succeeded()
        return session
