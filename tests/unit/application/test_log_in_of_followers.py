"""A log-in brings the mini-program's half of a follower."""

from collections.abc import Callable

import pytest
from support.memory import MemoryStore

from minipush.application.permits.log_in import LogIn
from minipush.application.ports.sessions import Login
from minipush.application.rejected_credentials import RejectedCredentials
from minipush.errors import StoreError

NOW = 1_800_000_000_000


class Codes:
    """`unionid`: what WeChat says."""

    def __init__(self, unionid: str | None) -> None:
        self._unionid = unionid

    def exchange(self, code: str) -> Login:
        return Login("ada", self._unionid)


def log_in(unionid: str | None, map_user: Callable[[str, str], None] | None) -> str:
    rejections = RejectedCredentials(lambda: NOW)
    return LogIn(Codes(unionid), MemoryStore(), lambda: NOW, rejections, map_user)("a-code", "203.0.113.7")


def test_the_unionid_is_told() -> None:
    told: list[tuple[str, str]] = []
    assert log_in("u", lambda openid, unionid: told.append((openid, unionid))) == "ada"
    assert told == [("ada", "u")]


@pytest.mark.parametrize("unionid", [None, "u"])
def test_a_deployment_without_an_official_account_asks_for_nothing(unionid: str | None) -> None:
    assert log_in(unionid, None) == "ada"


def test_a_user_without_a_unionid_is_not_mapped() -> None:
    told: list[str] = []
    log_in(None, lambda openid, _: told.append(openid))
    assert told == []


def test_a_log_in_succeeds_although_the_mapping_fails() -> None:
    def fail(_openid: str, _unionid: str) -> None:
        raise StoreError("the table is busy")

    assert log_in("u", fail) == "ada"
