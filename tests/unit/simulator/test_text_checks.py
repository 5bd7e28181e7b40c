"""msg_sec_check, version 2."""

import json
from typing import Any

import pytest

from local.simulator.account.credentials import TOKEN
from local.simulator.wechat import APPID, LOG_IN, SECRET, TEMPLATES, TEXT_CHECK, WeChat

ACCOUNT = {"appid": APPID, "secret": SECRET}
TWO_HOURS = 2 * 3600
WORDS = {"risky_words": {"赌场": 20006, "色情": 20002}, "review_words": {"加微信": 10001}}


def new_token(wechat: WeChat) -> str:
    answer = wechat.answer("GET", TOKEN, ACCOUNT | {"grant_type": "client_credential"}, b"")
    return str(answer["access_token"])


@pytest.fixture
def token(wechat: WeChat) -> str:
    return new_token(wechat)


@pytest.fixture
def editor(wechat: WeChat) -> str:
    """A user who has just opened the mini-program."""
    user = wechat.users.add("o-editor")
    code = wechat.users.new_code(user)
    wechat.answer("GET", LOG_IN, ACCOUNT | {"grant_type": "authorization_code", "js_code": code}, b"")
    return user.openid


def ask(wechat: WeChat, token: str, **changes: Any) -> dict[str, Any]:
    fields = {"content": "茶", "version": 2, "scene": 3, "openid": "o-editor"} | changes
    given = {name: value for name, value in fields.items() if value is not None}
    body = json.dumps(given, ensure_ascii=False).encode()
    return wechat.answer("POST", TEXT_CHECK, {"access_token": token}, body)


def configure(wechat: WeChat, **settings: Any) -> None:
    wechat.settings = wechat.settings.model_copy(update=settings)


def test_an_ordinary_text_passes(wechat: WeChat, token: str, editor: str) -> None:
    answer = ask(wechat, token)
    assert (answer["errcode"], answer["result"]) == (0, {"suggest": "pass", "label": 100})
    assert answer["detail"][1] == {"strategy": "keyword", "errcode": 0}
    assert answer["trace_id"]


@pytest.mark.parametrize(
    ("content", "result", "keyword"),
    [
        ("去赌场", {"suggest": "risky", "label": 20006}, "赌场"),
        ("请加微信", {"suggest": "review", "label": 10001}, "加微信"),
        ("请加微信,看色情", {"suggest": "risky", "label": 20002}, "色情"),
    ],
)
def test_a_text_is_judged_by_its_words(
    wechat: WeChat, token: str, editor: str, content: str, result: dict[str, Any], keyword: str
) -> None:
    configure(wechat, **WORDS)
    answer = ask(wechat, token, content=content)
    assert answer["result"] == result
    assert [entry.get("keyword") for entry in answer["detail"]] == [None, keyword]


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"content": ""}, 44002),
        ({"content": None}, 44002),
        ({"content": 5}, 47001),
        ({"content": "字" * 2501}, 47001),
        ({"version": 1}, 40129),
        ({"version": "2"}, 40129),
        ({"version": None}, 40129),
        ({"scene": 0}, 40129),
        ({"scene": 5}, 40129),
        ({"scene": True}, 40129),
        ({"scene": None}, 40129),
        ({"openid": "o-nobody"}, 40003),
        ({"openid": None}, 40003),
        ({"openid": ["o-editor"]}, 40003),
    ],
)
def test_a_wrong_request_is_refused(
    wechat: WeChat, token: str, editor: str, changes: dict[str, Any], errcode: int
) -> None:
    assert ask(wechat, token, **changes)["errcode"] == errcode


@pytest.mark.parametrize("scene", [1, 2, 3, 4])
def test_as_many_characters_as_are_allowed_are_checked_in_every_scene(
    wechat: WeChat, token: str, editor: str, scene: int
) -> None:
    assert ask(wechat, token, content="字" * 2500, scene=scene)["errcode"] == 0


def test_the_body_and_the_token_are_checked(wechat: WeChat, token: str, editor: str) -> None:
    query = {"access_token": token}
    assert wechat.answer("GET", TEXT_CHECK, query, b"{}")["errcode"] == 43002
    assert wechat.answer("POST", TEXT_CHECK, {}, b"{}")["errcode"] == 41001
    assert wechat.answer("POST", TEXT_CHECK, query, b"")["errcode"] == 44002
    assert wechat.answer("POST", TEXT_CHECK, query, b"[]")["errcode"] == 47001
    escaped = json.dumps({"content": "茶", "version": 2, "scene": 3, "openid": editor}).encode()
    assert wechat.answer("POST", TEXT_CHECK, query, escaped)["errcode"] == 47002


def test_a_user_counts_as_active_for_two_hours_after_a_log_in(wechat: WeChat, editor: str) -> None:
    wechat.clock.offset = TWO_HOURS - 1
    assert ask(wechat, new_token(wechat))["errcode"] == 0
    wechat.clock.offset = TWO_HOURS
    assert ask(wechat, new_token(wechat))["errcode"] == 61010


def test_a_user_who_never_logged_in_is_not_active(wechat: WeChat, token: str) -> None:
    wechat.users.add("o-editor")
    assert ask(wechat, token)["errcode"] == 61010


def test_checks_have_a_minute_limit_and_a_daily_quota(wechat: WeChat, token: str, editor: str) -> None:
    configure(wechat, text_check_minute_limit=1, text_check_daily_quota=2)
    assert [ask(wechat, token)["errcode"] for _ in range(2)] == [0, 44991]
    wechat.clock.offset = 60
    assert ask(wechat, token)["errcode"] == 45009


def test_the_list_of_templates_has_a_daily_quota(wechat: WeChat, token: str) -> None:
    configure(wechat, gettemplate_daily_quota=1)
    query = {"access_token": token}
    assert [wechat.answer("GET", TEMPLATES, query, b"")["errcode"] for _ in range(2)] == [0, 45009]
