"""WeChat's paths and the control API on a real socket."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
import requests

from local.simulator.simulator import Simulator
from local.simulator.wechat import LOG_IN, SUBSCRIBE_SEND, TEMPLATE_SEND


def post(simulator: Simulator, path: str, access_token: str, **fields: Any) -> requests.Response:
    body = json.dumps(fields, ensure_ascii=False).encode()
    return requests.post(simulator.url + path, params={"access_token": access_token}, data=body, timeout=5)


def test_a_message_goes_from_tap_to_ledger(simulator: Simulator, access_token: str) -> None:
    anna = simulator.control.add_user()
    [form_id] = simulator.control.tap(anna.openid)
    answer = post(
        simulator, TEMPLATE_SEND, access_token, touser=anna.openid, template_id="T1", form_id=form_id
    )
    assert answer.json() == {"errcode": 0, "errmsg": "ok"}
    [message] = simulator.control.messages()
    assert (message["openid"], message["form_id"]) == (anna.openid, form_id)


def test_a_business_error_is_http_200(simulator: Simulator, access_token: str) -> None:
    answer = post(simulator, TEMPLATE_SEND, access_token, touser="nobody")
    assert (answer.status_code, answer.json()["errcode"]) == (200, 40003)
    assert simulator.control.summary()["errcodes"] == {"40003": 1}


def test_the_log_in_answers_json_as_plain_text(simulator: Simulator) -> None:
    anna = simulator.control.add_user("o-anna")
    query = {"appid": simulator.appid, "secret": simulator.secret, "js_code": anna.js_code}
    answer = requests.get(
        simulator.url + LOG_IN, params=query | {"grant_type": "authorization_code"}, timeout=5
    )
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.json()["openid"] == "o-anna"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_path_is_a_business_error_too(simulator: Simulator, method: str) -> None:
    answer = requests.request(method, simulator.url + "/cgi-bin/nothing", timeout=5)
    assert (answer.status_code, answer.json()["errcode"]) == (200, 40066)


def test_the_root_lists_what_exists(simulator: Simulator) -> None:
    listed = requests.get(simulator.url, timeout=5).json()
    assert f"POST {SUBSCRIBE_SEND}" in listed["wechat"]
    assert {"POST /_simulator/users", "GET /_simulator/ledger", "POST /_simulator/pushes"} <= {
        *listed["control"]
    }


def test_seven_days_pass_at_once(simulator: Simulator, access_token: str) -> None:
    anna = simulator.control.add_user()
    simulator.control.tap(anna.openid, 2)
    before = simulator.control.set_clock(0)
    assert simulator.control.advance(7 * 86_400) >= before + 7 * 86_400
    assert simulator.control.summary()["form_ids"] == {"live": 0, "expired": 2, "spent": 0}
    assert post(simulator, TEMPLATE_SEND, access_token).json()["errcode"] == 42001


def test_many_users_tap_pay_and_accept_at_once(simulator: Simulator) -> None:
    users = [user.openid for user in simulator.control.add_users(1000)]
    assert {len(ids) for ids in simulator.control.tap_all(users, 2).values()} == {2}
    assert len(simulator.control.pay(users[0], 3)) == 3
    simulator.control.accept(users, "T1", 2)
    simulator.control.accept_long_term(users[0], "T2")
    summary = simulator.control.summary()
    assert (summary["users"], summary["form_ids"]["live"]) == (1000, 2000)
    assert (summary["prepay_ids"]["live"], summary["subscriptions"]) == (3, {"once": 2000, "long": 1})


def test_a_rejected_template_refuses_messages(simulator: Simulator, access_token: str) -> None:
    anna = simulator.control.add_user().openid
    simulator.control.accept(anna, "T1")
    simulator.control.reject(anna, "T1")
    fields = {"touser": anna, "template_id": "T1", "data": {"thing1": {"value": "a"}}}
    assert post(simulator, SUBSCRIBE_SEND, access_token, **fields).json()["errcode"] == 43101


def test_the_ledger_pages_in_order_and_by_user(simulator: Simulator, access_token: str) -> None:
    anna, ben = (user.openid for user in simulator.control.add_users(2))
    order = [anna, ben, anna, anna, ben]
    for openid in order:
        [form_id] = simulator.control.tap(openid)
        post(simulator, TEMPLATE_SEND, access_token, touser=openid, template_id="T1", form_id=form_id)
    assert [message["openid"] for message in simulator.control.messages(page=2)] == order
    assert [message["openid"] for message in simulator.control.messages(ben, page=2)] == [ben, ben]
    summary = simulator.control.summary()
    assert (summary["taken"], summary["users_reached"], summary["max_to_one_user"]) == (5, 2, 3)


def test_a_revoked_token_is_refused(simulator: Simulator, access_token: str) -> None:
    assert simulator.control.revoke_tokens(access_token) == 1
    assert post(simulator, TEMPLATE_SEND, access_token).json()["errcode"] == 40001


def test_settings_change_one_by_one(simulator: Simulator) -> None:
    simulator.control.configure(retired=True)
    settings = simulator.control.configure(released_pages=["pages/a"])
    assert (settings["retired"], settings["released_pages"]) == (True, ["pages/a"])


def test_a_reset_makes_everything_anew(simulator: Simulator, access_token: str) -> None:
    simulator.control.add_user()
    simulator.control.configure(retired=True)
    simulator.control.fault("hang")
    simulator.control.reset()
    assert (simulator.control.summary()["users"], simulator.control.faults()) == (0, [])
    assert simulator.control.settings()["retired"] is False
    assert post(simulator, TEMPLATE_SEND, access_token).json()["errcode"] == 40001


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("POST", "taps", {"openid": "nobody"}, 404),
        ("POST", "taps", {"count": -1}, 400),
        ("POST", "users", {"name": "anna"}, 400),
        ("PUT", "settings", {"no_such": 1}, 400),
        ("PUT", "settings", {"daily_quota": "many"}, 400),
        ("POST", "faults", {"action": "explode"}, 400),
        ("GET", "ledger?limit=0", None, 400),
        ("GET", "no/such", None, 404),
    ],
)
def test_the_control_api_says_what_is_wrong(
    simulator: Simulator, method: str, name: str, body: object, status: int
) -> None:
    answer = requests.request(method, f"{simulator.url}/_simulator/{name}", json=body, timeout=5)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_concurrent_subscription_messages_to_one_user_are_refused(
    simulator: Simulator, access_token: str
) -> None:
    anna, ben = (user.openid for user in simulator.control.add_users(2))
    simulator.control.accept([anna, ben], "T1", 5)
    simulator.control.configure(latency_ms=200)

    async def send(session: aiohttp.ClientSession, openid: str) -> int:
        fields = {"touser": openid, "template_id": "T1", "data": {"thing1": {"value": "a"}}}
        url = f"{simulator.url}{SUBSCRIBE_SEND}?access_token={access_token}"
        async with session.post(url, data=json.dumps(fields)) as answer:
            return int((await answer.json())["errcode"])

    async def send_at_once() -> list[int]:
        async with aiohttp.ClientSession() as session:
            return list(await asyncio.gather(*(send(session, openid) for openid in (anna, anna, ben))))

    assert sorted(asyncio.run(send_at_once())) == [0, 0, 43108]
    assert simulator.control.summary()["max_to_one_user"] == 1
