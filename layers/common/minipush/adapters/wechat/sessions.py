"""Logins by WeChat's jscode2session."""

from minipush.adapters.wechat.errors import RETRY_SECONDS, unavailable
from minipush.application.ports.sessions import Login
from minipush.errors import LoginRejectedError
from minipush.wechat.errors import LoginRefusedError, WeChatError
from minipush.wechat.sessions import Sessions


class WeChatSessions:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def exchange(self, code: str) -> Login:
        try:
            session = self._sessions.log_in(code)
        except LoginRefusedError as error:
            raise LoginRejectedError(error.errcode) from None
        except WeChatError as error:
            raise unavailable("WeChat can't log anyone in right now", error, RETRY_SECONDS) from error
        return Login(session.openid, session.unionid)
