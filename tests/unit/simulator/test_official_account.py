"""The official account of the simulator: followers, template messages and the memory of client_msg_ids."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.account.credentials import STABLE_TOKEN
from local.simulator.account.templates import Template
from local.simulator.official.account import (
    FOLLOWER_INFO,
    FOLLOWER_INFOS,
    FOLLOWER_LIST,
    OFFICIAL_APPID,
    OFFICIAL_SECRET,
    OFFICIAL_SEND,
    OFFICIAL_TEMPLATES,
)
from local.simulator.wechat import APPID, QUOTA, WeChat

type Call = Callable[..., dict[str, Any]]

DATA = {"thing1": {"value": "你好"}}


@pytest.fixture
def call(wechat: WeChat) -> Call:
    """Calls an endpoint with a token of the official account."""
    token, _ = wechat.official.tokens.stable(force_refresh=False)

    def answer(path: str, body: dict[str, Any] | None = None, **query: str) -> dict[str, Any]:
        method, raw = (
            ("GET", b"") if body is None else ("POST", json.dumps(body, ensure_ascii=False).encode())
        )
        return wechat.answer(method, path, {"access_token": token, **query}, raw)

    return answer


@pytest.fixture
def anna(wechat: WeChat) -> str:
    """The openid that a follower has in the official account."""
    return wechat.official.follow(wechat.users.add("anna").unionid).openid


@pytest.fixture
def send(call: Call, anna: str) -> Call:
    def post(**fields: Any) -> dict[str, Any]:
        return call(OFFICIAL_SEND, {"touser": anna, "template_id": "O1", "data": DATA} | fields)

    return post


def change(wechat: WeChat, **settings: Any) -> None:
    wechat.settings = wechat.settings.model_copy(update=settings)


def test_each_account_has_tokens_of_its_own(wechat: WeChat, anna: str) -> None:
    token, _ = wechat.tokens.stable(force_refresh=False)
    assert (
        wechat.answer("GET", FOLLOWER_INFO, {"access_token": token, "openid": anna}, b"")["errcode"] == 40001
    )
    body = {"grant_type": "client_credential", "appid": OFFICIAL_APPID, "secret": OFFICIAL_SECRET}
    token = wechat.answer("POST", STABLE_TOKEN, {}, json.dumps(body).encode())["access_token"]
    assert wechat.answer("GET", FOLLOWER_INFO, {"access_token": token, "openid": anna}, b"")["subscribe"] == 1


def test_each_account_has_quotas_of_its_own(wechat: WeChat, call: Call, send: Call) -> None:
    change(wechat, official_daily_quota=5)
    send()
    asked = {"cgi_path": OFFICIAL_SEND}
    assert call(QUOTA, asked)["quota"] == {"daily_limit": 5, "used": 1, "remain": 4}
    token, _ = wechat.tokens.stable(force_refresh=False)
    theirs = wechat.answer("POST", QUOTA, {"access_token": token}, json.dumps(asked).encode())
    assert theirs["quota"]["used"] == 0


def test_the_official_secret_is_checked(wechat: WeChat) -> None:
    body = {"grant_type": "client_credential", "appid": OFFICIAL_APPID, "secret": "wrong"}
    assert wechat.answer("POST", STABLE_TOKEN, {}, json.dumps(body).encode())["errcode"] == 40125


def test_a_follower_has_the_unionid_of_the_mini_program_s_user(wechat: WeChat, call: Call, anna: str) -> None:
    assert anna != "anna"
    assert call(FOLLOWER_INFO, openid=anna)["unionid"] == wechat.users.add("anna").unionid


def test_nothing_is_said_of_who_unfollowed(wechat: WeChat, call: Call, anna: str) -> None:
    wechat.official.unfollow(wechat.official.followers.check(anna))
    assert call(FOLLOWER_INFO, openid=anna) == {"subscribe": 0, "openid": anna}


def test_an_openid_outlives_an_unfollow(wechat: WeChat, anna: str) -> None:
    wechat.official.unfollow(wechat.official.followers.check(anna))
    assert wechat.official.follow(wechat.users.add("anna").unionid).openid == anna


def test_followers_are_listed_page_by_page(wechat: WeChat, call: Call) -> None:
    change(wechat, follower_page=2)
    openids = [wechat.official.follow(f"u{n}").openid for n in range(3)]
    first = call(FOLLOWER_LIST)
    assert (first["total"], first["count"], first["data"]["openid"]) == (3, 2, openids[:2])
    second = call(FOLLOWER_LIST, next_openid=first["next_openid"])
    assert second["data"]["openid"] == openids[2:]
    last = call(FOLLOWER_LIST, next_openid=second["next_openid"])
    assert (last["count"], last["next_openid"], "data" in last) == (0, "", False)


def test_a_hundred_followers_are_described_at_once_and_no_more(call: Call, anna: str) -> None:
    listed = [{"openid": anna}] * 101
    assert len(call(FOLLOWER_INFOS, {"user_list": listed[:100]})["user_info_list"]) == 100
    assert call(FOLLOWER_INFOS, {"user_list": listed})["errcode"] == 40032


def test_a_message_is_in_the_ledger_with_its_link(wechat: WeChat, send: Call, anna: str) -> None:
    link = {"appid": wechat.appid, "pagepath": "pages/order?id=7"}
    answer = send(url="https://example.org", miniprogram=link, client_msg_id="a" * 32)
    [message] = wechat.ledger.messages
    assert (message.openid, message.kind, message.permit, message.msgid) == (
        anna,
        "official",
        "follow",
        answer["msgid"],
    )
    assert (message.url, message.miniprogram, message.client_msg_id) == (
        "https://example.org",
        link,
        "a" * 32,
    )


@pytest.mark.parametrize("page", [{}, {"pagepath": "pages/a?id=7"}])
def test_a_link_leads_to_a_released_page_or_to_the_first(
    wechat: WeChat, send: Call, page: dict[str, str]
) -> None:
    change(wechat, released_pages={"pages/a"})
    assert send(miniprogram={"appid": wechat.appid} | page)["errcode"] == 0


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"touser": "anna"}, 40003),
        ({"template_id": "no such template!"}, 40037),
        ({"miniprogram": {"appid": "wxother", "pagepath": "p"}}, 40166),
        ({"miniprogram": {"appid": APPID, "pagepath": ""}}, 40165),
        ({"miniprogram": {"appid": APPID, "pagepath": "pages/b?x=1"}}, 40165),
        ({"data": {"thing1": {"value": "x" * 21}}}, 47003),
        ({"client_msg_id": "a" * 33}, 40097),
    ],
)
def test_a_bad_message_is_refused(wechat: WeChat, send: Call, fields: dict[str, Any], errcode: int) -> None:
    change(wechat, released_pages={"pages/a"})
    assert send(**fields)["errcode"] == errcode
    assert not wechat.ledger.messages


def test_who_unfollowed_gets_nothing(wechat: WeChat, send: Call, anna: str) -> None:
    wechat.official.unfollow(wechat.official.followers.check(anna))
    assert send()["errcode"] == 43004


def test_a_banned_template_is_refused(wechat: WeChat, send: Call) -> None:
    change(wechat, banned_templates=frozenset({"O1"}))
    assert send()["errcode"] == 43116


def test_too_many_messages_to_one_user_are_refused(wechat: WeChat, send: Call) -> None:
    change(wechat, official_to_one_user_per_minute=1)
    assert [send()["errcode"], send()["errcode"]] == [0, 43117]


def test_the_quota_is_the_official_account_s_own(wechat: WeChat, send: Call) -> None:
    change(wechat, official_daily_quota=1)
    assert [send()["errcode"], send()["errcode"]] == [0, 45009]


@pytest.mark.parametrize("repeat_answer", ["same_msgid", "zero_msgid", "40241"])
def test_a_repeat_within_ten_minutes_sends_nothing(wechat: WeChat, send: Call, repeat_answer: str) -> None:
    change(wechat, repeat_answer=repeat_answer)
    first = send(client_msg_id="a" * 32)
    wechat.clock.offset += 599
    again = send(client_msg_id="a" * 32)
    wanted = {"same_msgid": (0, first["msgid"]), "zero_msgid": (0, 0), "40241": (40241, None)}
    assert (again["errcode"], again.get("msgid")) == wanted[repeat_answer]
    assert (len(wechat.ledger.messages), wechat.ledger.counts()["repeats"]) == (1, 1)


def test_after_ten_minutes_a_repeat_is_another_message(wechat: WeChat, send: Call) -> None:
    send(client_msg_id="a" * 32)
    wechat.clock.offset += 600
    send(client_msg_id="a" * 32)
    assert len(wechat.ledger.messages) == 2


def test_another_client_msg_id_is_another_message(wechat: WeChat, send: Call) -> None:
    send(client_msg_id="a" * 32)
    send(client_msg_id="b" * 32)
    assert len(wechat.ledger.messages) == 2


@pytest.mark.parametrize("is_zero", [False, True])
def test_each_message_is_reported_by_an_event(wechat: WeChat, send: Call, is_zero: bool) -> None:
    change(wechat, official_callback_url="http://127.0.0.1:1/", finish_msgid_zero=is_zero)
    msgid = send()["msgid"]
    event = wechat.outbox.page(10, 0)["pushes"][0]
    assert event["event"] == "TEMPLATESENDJOBFINISH"
    assert event["fields"] == {"MsgID": 0 if is_zero else msgid, "Status": "success"}


def test_private_templates_are_the_official_account_s(wechat: WeChat, call: Call) -> None:
    wechat.templates.register(Template("S1", content="{{thing1.DATA}}"))
    wechat.templates.register(Template("O1", kind="official", title="订单", content="{{thing1.DATA}}"))
    assert [entry["template_id"] for entry in call(OFFICIAL_TEMPLATES)["template_list"]] == ["O1"]
