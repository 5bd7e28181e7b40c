"""The calls that take an appid and a secret: tokens for both accounts, and the check of the mini-program's own.

Source: getAccessToken and getStableAccessToken on developers.weixin.qq.com.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.simulator import bodies
from local.simulator.account.quotas import Quotas
from local.simulator.account.tokens import Tokens
from local.simulator.answers import Answer, ErrcodeError
from local.simulator.settings import SimulatorSettings

TOKEN: Final = "/cgi-bin/token"  # noqa: S105 - a path
STABLE_TOKEN: Final = "/cgi-bin/stable_token"  # noqa: S105 - a path

type Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    appid: str
    secret: str
    tokens: Tokens
    quotas: Quotas


class Credentials:
    def __init__(
        self, mini_program: Account, official: Account, settings: Callable[[], SimulatorSettings]
    ) -> None:
        self._mini_program = mini_program
        self._official = official
        self._settings = settings

    def token(self, query: Query, _body: bytes) -> Answer:
        check_grant(query, "client_credential")
        account = self._account(query)
        account.quotas.count(TOKEN, daily=self._settings().token_daily_quota)
        return _token_answer(*account.tokens.issue_classic())

    def stable_token(self, _query: Query, body: bytes) -> Answer:
        fields = bodies.parse(body, strict_utf8=False)
        check_grant(fields, "client_credential")
        account, settings = self._account(fields), self._settings()
        account.quotas.count(
            STABLE_TOKEN,
            daily=settings.stable_token_daily_quota,
            minute=settings.stable_token_minute_limit,
        )
        return _token_answer(*account.tokens.stable(force_refresh=fields.get("force_refresh") is True))

    def check_mini_program(self, fields: Mapping[str, Any]) -> None:
        _check(fields, self._mini_program)

    def _account(self, fields: Mapping[str, Any]) -> Account:
        is_official = fields.get("appid") == self._official.appid
        account = self._official if is_official else self._mini_program
        _check(fields, account)
        return account


def check_grant(fields: Mapping[str, Any], grant_type: str) -> None:
    if fields.get("grant_type") != grant_type:
        raise ErrcodeError(40002)


def _check(fields: Mapping[str, Any], account: Account) -> None:
    if not fields.get("appid"):
        raise ErrcodeError(41002)
    if not fields.get("secret"):
        raise ErrcodeError(41004)
    if fields["appid"] != account.appid:
        raise ErrcodeError(40013)
    if fields["secret"] != account.secret:
        raise ErrcodeError(40125)


def _token_answer(access_token: str, expires_in: int) -> Answer:
    return {"access_token": access_token, "expires_in": expires_in}
