"""Exchange a code of wx.login for an openid."""

import logging
from collections.abc import Callable

from minipush.application.ports.clock import Clock
from minipush.application.ports.sessions import LoginCodes
from minipush.application.ports.users import UserStore
from minipush.application.rejected_credentials import RejectedCredentials
from minipush.domain.ids import user_hash
from minipush.domain.users import is_login_code
from minipush.errors import LoginRejectedError, StoreError

logger = logging.getLogger(__name__)


class LogIn:
    """`map_user`: told the openid and the unionid, where the deployment has an official account."""

    def __init__(
        self,
        codes: LoginCodes,
        users: UserStore,
        clock: Clock,
        rejections: RejectedCredentials,
        map_user: Callable[[str, str], None] | None = None,
    ) -> None:
        self._codes = codes
        self._users = users
        self._clock = clock
        self._rejections = rejections
        self._map_user = map_user

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
        if login.unionid:
            self._map(login.openid, login.unionid)
        return login.openid

    def _map(self, openid: str, unionid: str) -> None:
        """What fails is done at the next log-in."""
        try:
            if self._map_user:
                self._map_user(openid, unionid)
        except StoreError:
            about = {"user": user_hash(openid)}
            logger.warning("a user could not be mapped to a follower", exc_info=True, extra=about)
