"""The users, and the codes that wx.login gives them. Source: code2Session on developers.weixin.qq.com."""

from dataclasses import dataclass

from local.simulator.account.clock import Clock
from local.simulator.account.ids import Ids
from local.simulator.answers import ErrcodeError

CODE_LIFETIME = 300
ACTIVE_SECONDS = 2 * 3600


@dataclass(slots=True)
class User:
    openid: str
    unionid: str
    high_risk: bool = False
    logged_in_at: float | None = None


class Users:
    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._users: dict[str, User] = {}
        self._codes: dict[str, tuple[User, float]] = {}

    def __contains__(self, openid: object) -> bool:
        return isinstance(openid, str) and openid in self._users

    def __len__(self) -> int:
        return len(self._users)

    def add(self, openid: str | None = None, *, high_risk: bool = False) -> User:
        """The user with that openid, created if necessary."""
        openid = openid or self._ids.openid()
        user = self._users.get(openid) or User(openid, self._ids.unionid())
        user.high_risk = high_risk
        return self._users.setdefault(openid, user)

    def find(self, openid: str) -> User | None:
        return self._users.get(openid)

    def new_code(self, user: User) -> str:
        """The result of wx.login: a js_code for one log-in within CODE_LIFETIME."""
        code = self._ids.js_code()
        self._codes[code] = (user, self._clock() + CODE_LIFETIME)
        return code

    def log_in(self, code: str | None) -> User:
        """ErrcodeError 40029: an unknown, used or expired code; 40226: a high-risk user."""
        user, until = self._codes.pop(code or "", (None, 0.0))
        if user is None or self._clock() >= until:
            raise ErrcodeError(40029)
        if user.high_risk:
            raise ErrcodeError(40226)
        user.logged_in_at = self._clock()
        return user

    def check_active(self, openid: object) -> None:
        """ErrcodeError 40003: an unknown openid; 61010: no log-in within two hours."""
        user = self._users.get(openid) if isinstance(openid, str) else None
        if user is None:
            raise ErrcodeError(40003)
        if user.logged_in_at is None or self._clock() - user.logged_in_at >= ACTIVE_SECONDS:
            raise ErrcodeError(61010)
