"""Turn wx.login's code into an openid."""

from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.wechat.sessions import Sessions


class LogIn:
    def __init__(self, sessions: Sessions, users: UserStore, clock: Clock) -> None:
        self._sessions = sessions
        self._users = users
        self._clock = clock

    def __call__(self, code: str) -> str:
        """Raises LoginRefusedError, or another WeChatError when WeChat can't tell."""
        session = self._sessions.log_in(code)
        self._users.record_login(session.openid, session.unionid, self._clock())
        return session.openid
