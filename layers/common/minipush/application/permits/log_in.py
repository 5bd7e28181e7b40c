"""Exchange a code of wx.login for an openid."""

from minipush.application.permits.login_rejections import LoginRejections
from minipush.application.ports.clock import Clock
from minipush.application.ports.sessions import LoginCodes
from minipush.application.ports.users import UserStore
from minipush.domain.users import is_login_code
from minipush.errors import LoginRejectedError


class LogIn:
    def __init__(
        self, codes: LoginCodes, users: UserStore, clock: Clock, rejections: LoginRejections
    ) -> None:
        self._codes = codes
        self._users = users
        self._clock = clock
        self._rejections = rejections

    def __call__(self, code: str, address: str) -> str:
        """WeChat is not asked about a text that can't be a code. `address`: where the request comes from.

        Raises LoginRejectedError, TooManyRejectedCodesError, WeChatUnavailableError, StoreError.
        """
        if not is_login_code(code):
            raise LoginRejectedError(None)
        self._rejections.check(address)
        try:
            login = self._codes.exchange(code)
        except LoginRejectedError:
            self._rejections.add(address)
            raise
        self._users.record_login(login.openid, login.unionid, self._clock())
        return login.openid
