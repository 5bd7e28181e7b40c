import json
from typing import Any

import pytest

from local.simulator.account.credentials import STABLE_TOKEN, TOKEN
from local.simulator.wechat import APPID, LOG_IN, SECRET, WeChat

GOOD = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
WRONG = [
    ({"grant_type": "password"}, 40002),
    ({"grant_type": None}, 40002),
    ({"appid": None}, 41002),
    ({"secret": None}, 41004),
    ({"appid": "wx0000000000000000"}, 40013),
    ({"secret": "f" * 32}, 40125),
]


def changed(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in (GOOD | fields).items() if value is not None}


def stable(wechat: WeChat, **fields: Any) -> dict[str, Any]:
    return wechat.answer("POST", STABLE_TOKEN, {}, json.dumps(changed(**fields)).encode())


@pytest.mark.parametrize(("fields", "errcode"), WRONG)
def test_a_wrong_account_gets_no_token_of_either_kind(
    wechat: WeChat, fields: dict[str, Any], errcode: int
) -> None:
    assert wechat.answer("GET", TOKEN, changed(**fields), b"")["errcode"] == errcode
    assert stable(wechat, **fields)["errcode"] == errcode
    assert wechat.tokens.issued == {"classic": 0, "stable": 0}


def test_a_stable_token_is_asked_for_by_post(wechat: WeChat) -> None:
    assert wechat.answer("GET", STABLE_TOKEN, GOOD, b"")["errcode"] == 43002


def test_the_token_answer_has_its_seconds_and_no_errcode(wechat: WeChat) -> None:
    answer = stable(wechat)
    assert answer.keys() == {"access_token", "expires_in"}
    assert stable(wechat, force_refresh=True)["access_token"] != answer["access_token"]


def test_tokens_have_a_daily_quota(wechat: WeChat) -> None:
    wechat.settings = wechat.settings.model_copy(update={"token_daily_quota": 1})
    wechat.answer("GET", TOKEN, GOOD, b"")
    assert wechat.answer("GET", TOKEN, GOOD, b"")["errcode"] == 45009


def test_stable_tokens_have_a_minute_limit(wechat: WeChat) -> None:
    wechat.settings = wechat.settings.model_copy(update={"stable_token_minute_limit": 1})
    stable(wechat)
    assert stable(wechat)["errcode"] == 45011


def test_a_log_in_gives_openid_and_session_key(wechat: WeChat) -> None:
    code = wechat.users.new_code(wechat.users.add("anna"))
    answer = wechat.answer("GET", LOG_IN, changed(grant_type="authorization_code", js_code=code), b"")
    assert (answer["openid"], answer["errcode"]) == ("anna", 0)
    assert len(answer["session_key"]) == 24
    assert "unionid" not in answer


def test_a_log_in_gives_the_unionid_of_a_bound_account(wechat: WeChat) -> None:
    wechat.settings = wechat.settings.model_copy(update={"unionid": True})
    user = wechat.users.add("anna")
    query = changed(grant_type="authorization_code", js_code=wechat.users.new_code(user))
    assert wechat.answer("GET", LOG_IN, query, b"")["unionid"] == user.unionid


@pytest.mark.parametrize(("fields", "errcode"), [({"secret": "f" * 32}, 40125), ({"appid": "wx0"}, 40013)])
def test_a_wrong_account_does_not_use_the_code_up(
    wechat: WeChat, fields: dict[str, Any], errcode: int
) -> None:
    code = wechat.users.new_code(wechat.users.add("anna"))
    query = changed(grant_type="authorization_code", js_code=code)
    assert wechat.answer("GET", LOG_IN, query | fields, b"")["errcode"] == errcode
    assert wechat.answer("GET", LOG_IN, query, b"")["errcode"] == 0
