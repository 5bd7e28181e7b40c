from collections.abc import Callable
from typing import Any

import pytest

from local.simulator.wechat import SUBSCRIBE_SEND, TEMPLATE_SEND, TEMPLATES, WeChat

Send = Callable[..., dict[str, Any]]


def change(wechat: WeChat, **settings: Any) -> None:
    wechat.settings = wechat.settings.model_copy(update=settings)


def test_an_accepted_template_message_is_in_the_ledger(wechat: WeChat, classic: Send) -> None:
    data = {"keyword1": {"value": "你好"}}
    assert classic(data=data, page="pages/index?c=1") == {"errcode": 0, "errmsg": "ok"}
    [message] = wechat.ledger.messages
    assert (message.openid, message.kind, message.permit) == ("anna", "template", "form")
    assert (message.data, message.page) == (data, "pages/index?c=1")


def test_a_subscription_message_bears_a_msgid_beyond_double_precision(
    wechat: WeChat, subscribed: Send
) -> None:
    first, second = subscribed()["msgid"], subscribed()["msgid"]
    assert 1 << 53 < first < second < 1 << 63
    assert [message.msgid for message in wechat.ledger.messages] == [first, second]


def test_the_ledger_distinguishes_a_prepay_id(wechat: WeChat, classic: Send) -> None:
    wechat.sends.forms.give("wx1", "anna", "pay")
    classic(form_id="wx1")
    assert wechat.ledger.messages[0].permit == "pay"


def test_a_refusal_ends_with_a_rid_that_starts_with_the_time(wechat: WeChat, classic: Send) -> None:
    errmsg = classic(touser="nobody")["errmsg"]
    head, _, rid = errmsg.partition(" rid: ")
    assert head == "invalid openid"
    assert [len(part) for part in rid.split("-")] == [8, 8, 8]
    assert int(rid[:8], 16) == int(wechat.clock())


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"touser": "nobody"}, 40003),
        ({"touser": None}, 40003),
        ({"touser": ["anna"]}, 40003),
        ({"template_id": None}, 40037),
        ({"template_id": "no such template!"}, 40037),
        ({"form_id": None}, 41028),
        ({"form_id": "the formId is a mock one"}, 41028),
        ({"emphasis_keyword": "first.DATA"}, 40138),
        ({"data": "text"}, 47001),
    ],
)
def test_a_bad_classic_message_is_refused_and_spends_nothing(
    wechat: WeChat, classic: Send, fields: dict[str, Any], errcode: int
) -> None:
    assert classic(**fields)["errcode"] == errcode
    assert not wechat.ledger.messages
    assert wechat.sends.forms.tally()["form"]["spent"] == 0


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"touser": "nobody"}, 40003),
        ({"template_id": None}, 40036),
        ({"template_id": "T" * 65}, 40036),
        ({"template_id": "no such template!"}, 40037),
        ({"template_id": "T2"}, 43101),
        ({"data": None}, 47003),
        ({"data": {"thing1": {"value": "字" * 21}}}, 47003),
    ],
)
def test_a_bad_subscription_message_is_refused_and_spends_nothing(
    wechat: WeChat, subscribed: Send, fields: dict[str, Any], errcode: int
) -> None:
    assert subscribed(**fields)["errcode"] == errcode
    assert not wechat.ledger.messages
    assert wechat.sends.subscriptions.tally()["once"] == 1


@pytest.mark.parametrize(
    ("raw", "errcode"),
    [
        (b"", 44002),
        (b"{", 47001),
        (b"[]", 47001),
        (b'{"touser": "\xff"}', 47001),
        (b"[" * 100_000, 47001),
        (rb'{"touser": "\u4f60\u597d"}', 47002),
    ],
)
@pytest.mark.parametrize("path", [TEMPLATE_SEND, SUBSCRIBE_SEND])
def test_a_body_must_be_raw_utf8_json(send: Send, path: str, raw: bytes, errcode: int) -> None:
    assert send(path, raw=raw)["errcode"] == errcode


@pytest.mark.parametrize("raw", [rb'{"touser": "\\u4f60"}', rb'{"touser": "\u0041"}'])
def test_a_backslash_or_an_ascii_escape_is_no_escaped_text(send: Send, raw: bytes) -> None:
    assert send(TEMPLATE_SEND, raw=raw)["errcode"] == 40003


def test_escaped_text_passes_when_not_strict(wechat: WeChat, send: Send) -> None:
    change(wechat, strict_utf8=False)
    assert send(TEMPLATE_SEND, raw=rb'{"touser": "\u4f60"}')["errcode"] == 40003


def test_the_retired_interface_refuses_classic_messages_only(
    wechat: WeChat, classic: Send, subscribed: Send
) -> None:
    change(wechat, retired=True)
    assert classic()["errcode"] == 46101
    assert subscribed()["errcode"] == 0


@pytest.mark.parametrize(
    ("page", "errcode"), [("pages/a?x=1", 0), ("", 0), (None, 0), ("pages/b", 41030), (5, 41030)]
)
def test_a_page_must_be_released_once_pages_are_listed(
    wechat: WeChat, classic: Send, page: object, errcode: int
) -> None:
    change(wechat, released_pages=frozenset({"pages/a"}))
    assert classic(page=page)["errcode"] == errcode


def test_the_days_quota_is_the_accounts_and_comes_back_at_midnight_in_china(
    wechat: WeChat, classic: Send, subscribed: Send
) -> None:
    change(wechat, daily_quota=2)
    assert [classic()["errcode"], subscribed()["errcode"], classic()["errcode"]] == [0, 0, 45009]
    wechat.clock.offset = 12 * 3600 - 1
    assert classic()["errcode"] == 45009
    wechat.clock.offset = 12 * 3600
    assert classic()["errcode"] == 0


def test_the_minutes_limit_passes_with_the_minute(wechat: WeChat, classic: Send) -> None:
    change(wechat, minute_limit=1)
    assert [classic()["errcode"], classic()["errcode"]] == [0, 45011]
    wechat.clock.offset = 60
    assert classic()["errcode"] == 0


def test_a_second_message_in_flight_to_one_user_is_refused(wechat: WeChat, subscribed: Send) -> None:
    with wechat.sends.in_flight("anna"):
        assert subscribed()["errcode"] == 43108
        change(wechat, one_at_a_time=False)
        assert subscribed()["errcode"] == 0


def test_a_refused_second_message_does_not_end_the_first_ones_flight(
    wechat: WeChat, subscribed: Send
) -> None:
    with wechat.sends.in_flight("anna"):
        with wechat.sends.in_flight("anna"):
            pass
        assert subscribed()["errcode"] == 43108


@pytest.mark.parametrize("path", [TEMPLATE_SEND, SUBSCRIBE_SEND, TEMPLATES])
def test_every_call_wants_a_token(wechat: WeChat, path: str) -> None:
    method = "GET" if path == TEMPLATES else "POST"
    assert wechat.answer(method, path, {}, b"{}")["errcode"] == 41001


def test_a_wrong_method_is_refused(wechat: WeChat) -> None:
    assert wechat.answer("GET", TEMPLATE_SEND, {}, b"")["errcode"] == 43002
    assert wechat.answer("POST", TEMPLATES, {}, b"")["errcode"] == 404


def test_the_same_seed_gives_the_same_ids(wechat: WeChat) -> None:
    twin = WeChat(wechat.clock, appid="a", secret="b", settings=wechat.settings, seed=1)
    assert [twin.ids.openid(), twin.ids.form_id()] == [wechat.ids.openid(), wechat.ids.form_id()]


def test_above_a_rate_accepts_are_refused_and_not_used_up(wechat: WeChat, subscribed: Send) -> None:
    change(wechat, refuse_above_per_second=2)
    assert [subscribed()["errcode"] for _ in range(4)] == [0, 0, 43101, 43101]
    assert wechat.sends.subscriptions.tally()["once"] == 2
    wechat.clock.offset += 1
    assert [subscribed()["errcode"] for _ in range(3)] == [0, 0, 43101]


def test_what_would_be_refused_anyway_does_not_count_for_that_rate(wechat: WeChat, subscribed: Send) -> None:
    change(wechat, refuse_above_per_second=1)
    assert subscribed(data={})["errcode"] == 47003
    assert subscribed()["errcode"] == 0
