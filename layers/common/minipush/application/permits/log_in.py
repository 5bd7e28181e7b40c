"""Exchange a code of wx.login for an openid."""

from minipush.application.ports.clock import Clock
from minipush.application.ports.sessions import LoginCodes
from minipush.application.ports.users import UserStore
from minipush.domain.users import is_login_code
from minipush.errors import LoginRejectedError


class LogIn:
    def __init__(self, codes: LoginCodes, users: UserStore, clock: Clock) -> None:
        self._codes = codes
        self._users = users
        self._clock = clock

    def __call__(self, code: str) -> str:
        """WeChat is not asked about a text that can't be a code.

        Raises LoginRejectedError, WeChatUnavailableError, StoreError.
        """
        if not is_login_code(code):
            raise LoginRejectedError(None)
        login = self._codes.exchange(code)
        self._users.record_login(login.openid, login.unionid, self._clock())
        return login.openid
