"""Who a code of wx.login belongs to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Login:
    """`unionid` is None unless the mini-program is bound to an Open Platform account."""

    openid: str
    unionid: str | None


class LoginCodes(Protocol):
    def exchange(self, code: str) -> Login:
        """A code works once, for five minutes. Raises LoginRejectedError, WeChatUnavailableError."""
        ...
