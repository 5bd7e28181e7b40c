"""Calls about the account that SDKs make beside sending."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from local.simulator.wechat import (
    ADD_TEMPLATE,
    API_ADDRESSES,
    APPID,
    CALLBACK_ADDRESSES,
    CATEGORIES,
    CLEAR_QUOTA,
    CLEAR_QUOTA_BY_SECRET,
    DELETE_TEMPLATE,
    LOG_IN,
    QUOTA,
    SECRET,
    SUBSCRIBE_SEND,
    TEMPLATES,
    WeChat,
)

Send = Callable[..., dict[str, Any]]
Call = Callable[..., dict[str, Any]]
NEW = {"tid": "401", "kidList": [1, 2], "sceneDesc": "测试数据"}


@pytest.fixture
def call(wechat: WeChat) -> Call:
    """Makes a call with a valid token: a POST if it has fields or a raw body."""

    def made(path: str, fields: dict[str, Any] | None = None, raw: bytes | None = None) -> dict[str, Any]:
        token, _ = wechat.tokens.stable(force_refresh=False)
        body = raw or (b"" if fields is None else json.dumps(fields, ensure_ascii=False).encode())
        return wechat.answer("POST" if body else "GET", path, {"access_token": token}, body)

    return made


@pytest.mark.parametrize("path", ["/cgi-bin/nothing", "/wxaapi/newtmpl/", "/favicon.ico", ""])
def test_an_unknown_path_is_answered_as_wechat_does(wechat: WeChat, path: str) -> None:
    answer = wechat.answer("POST", path, {}, b"{}")
    assert answer["errcode"] == 40066
    assert answer["errmsg"].startswith("invalid url rid: ")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", QUOTA),
        ("POST", CLEAR_QUOTA),
        ("GET", CALLBACK_ADDRESSES),
        ("GET", API_ADDRESSES),
        ("GET", CATEGORIES),
        ("POST", ADD_TEMPLATE),
        ("POST", DELETE_TEMPLATE),
    ],
)
def test_each_call_needs_a_token(wechat: WeChat, method: str, path: str) -> None:
    assert wechat.answer(method, path, {}, b"{}")["errcode"] == 41001


def test_a_quota_tells_what_is_left(wechat: WeChat, call: Call, subscribed: Send) -> None:
    wechat.settings = wechat.settings.model_copy(update={"daily_quota": 10, "minute_limit": 5})
    subscribed()
    subscribed()
    answer = call(QUOTA, {"cgi_path": SUBSCRIBE_SEND})
    assert answer["quota"] == {"daily_limit": 10, "used": 2, "remain": 8}
    assert answer["rate_limit"] == {"call_count": 5, "refresh_second": 60}
    wechat.clock.offset += 86_400
    assert call(QUOTA, {"cgi_path": SUBSCRIBE_SEND})["quota"]["used"] == 0


@pytest.mark.parametrize(("path", "errcode"), [("/no/such", 76021), (None, 76021), (LOG_IN, 76022)])
def test_a_quota_of_no_path_is_refused(call: Call, path: str | None, errcode: int) -> None:
    assert call(QUOTA, {"cgi_path": path})["errcode"] == errcode


def test_a_call_without_a_limit_has_a_quota_too(call: Call) -> None:
    assert call(QUOTA, {"cgi_path": CATEGORIES})["quota"]["remain"] > 1_000_000


def test_cleared_quotas_begin_anew_ten_times_a_month(wechat: WeChat, call: Call, subscribed: Send) -> None:
    wechat.settings = wechat.settings.model_copy(update={"daily_quota": 1})
    for _ in range(10):
        assert (subscribed()["errcode"], subscribed()["errcode"]) == (0, 45009)
        assert call(CLEAR_QUOTA, {"appid": APPID})["errcode"] == 0
    assert call(CLEAR_QUOTA, {"appid": APPID})["errcode"] == 48006


def test_quotas_are_cleared_by_secret_without_a_token(wechat: WeChat) -> None:
    query = {"appid": APPID, "appsecret": SECRET}
    assert wechat.answer("POST", CLEAR_QUOTA_BY_SECRET, query, b"")["errcode"] == 0
    assert wechat.answer("POST", CLEAR_QUOTA_BY_SECRET, {}, json.dumps(query).encode())["errcode"] == 0
    assert wechat.answer("POST", CLEAR_QUOTA_BY_SECRET, query | {"appsecret": "f"}, b"")["errcode"] == 40125


def test_the_quotas_of_another_account_are_not_cleared(call: Call) -> None:
    assert call(CLEAR_QUOTA, {"appid": "wx0"})["errcode"] == 40013


def test_addresses_and_categories_are_listed(call: Call) -> None:
    assert call(CALLBACK_ADDRESSES) == call(API_ADDRESSES) == {"ip_list": ["127.0.0.1"]}
    [category] = call(CATEGORIES)["data"]
    assert category.keys() == {"id", "name"}


@pytest.mark.parametrize("raw", [json.dumps(NEW).encode(), urlencode(NEW, doseq=True).encode()])
def test_a_template_that_was_added_is_listed_and_can_be_sent(
    call: Call, subscribed: Send, wechat: WeChat, raw: bytes
) -> None:
    template_id = call(ADD_TEMPLATE, raw=raw)["priTmplId"]
    [listed] = call(TEMPLATES)["data"]
    assert listed["priTmplId"] == template_id
    wechat.sends.subscriptions.accept("anna", template_id, 1)
    data = {"thing1": {"value": "a"}, "thing2": {"value": "b"}}
    assert subscribed(template_id=template_id, data=data)["errcode"] == 0


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"tid": "x"}, 200014),
        ({"tid": None}, 200014),
        ({"kidList": [1]}, 200020),
        ({"kidList": [1, 2, 3, 4, 5, 6]}, 200020),
        ({"kidList": ["1", "2"]}, 200020),
        ({"kidList": None}, 200020),
        ({"sceneDesc": "字" * 16}, 200021),
    ],
)
def test_what_is_no_template_is_not_added(call: Call, change: dict[str, Any], errcode: int) -> None:
    assert call(ADD_TEMPLATE, NEW | change)["errcode"] == errcode
    assert call(TEMPLATES)["data"] == []


def test_the_same_template_is_added_once(call: Call) -> None:
    assert call(ADD_TEMPLATE, NEW)["errcode"] == 0
    assert call(ADD_TEMPLATE, NEW | {"kidList": [2, 1]})["errcode"] == 200022


def test_a_deleted_template_is_unknown(call: Call, subscribed: Send, wechat: WeChat) -> None:
    template_id = call(ADD_TEMPLATE, NEW)["priTmplId"]
    assert call(DELETE_TEMPLATE, {"priTmplId": template_id})["errcode"] == 0
    assert call(TEMPLATES)["data"] == []
    assert subscribed(template_id=template_id)["errcode"] == 40037
    assert call(DELETE_TEMPLATE, {"priTmplId": template_id})["errcode"] == 200014
    assert call(ADD_TEMPLATE, NEW)["errcode"] == 0
