"""Exchange a code of wx.login for an openid."""

from minipush.application.ports.clock import Clock
from minipush.application.ports.sessions import LoginCodes
from minipush.application.ports.users import UserStore


class LogIn:
    def __init__(self, codes: LoginCodes, users: UserStore, clock: Clock) -> None:
        self._codes = codes
        self._users = users
        self._clock = clock

    def __call__(self, code: str) -> str:
        """Raises LoginRejectedError, WeChatUnavailableError, StoreError."""
        login = self._codes.exchange(code)
        self._users.record_login(login.openid, login.unionid, self._clock())
        return login.openid
