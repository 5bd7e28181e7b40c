"""Apps, bindings and personal keys, on a running stack with the message centre."""

import time
from typing import Any

import jwt
import pytest
import requests
from support.running import MakeRun

from local.simulator.wechat import APPID as HUB

pytestmark = pytest.mark.e2e

SHOP = "wx5e1f0000c0ffee04"


@pytest.fixture
def centre(centre_stack: MakeRun) -> MakeRun:
    return centre_stack


def ask(run: MakeRun, route: str, token: str, body: Any = None) -> requests.Response:
    method, _, path = route.partition(" ")
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, run.api_url + path, json=body, headers=headers, timeout=30)


def log_in(run: MakeRun) -> str:
    with run.control() as wechat:
        code = wechat.add_user().js_code
    answer = requests.post(f"{run.api_url}/session", json={"code": code}, timeout=30)
    return str(answer.json()["token"])


def ticket(secret: str, id_: str, **claims: Any) -> str:
    good = {"iss": SHOP, "sub": "oShop-anna", "aud": HUB, "jti": id_, "exp": int(time.time()) + 300}
    return jwt.encode(good | claims, secret, algorithm="HS256")


def refusal(answer: requests.Response) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json()["extra_data"]["errMsg"])


def test_an_app_is_bound_by_what_it_signed_and_renews_its_secret(centre: MakeRun) -> None:
    registration = {"appid": SHOP, "name": "某某商城", "icon_url": "https://shop.example/icon.png"}
    registered = ask(centre, "POST /centre/apps", centre.operator_key, registration)
    assert registered.status_code == 201
    first = registered.json()["secret"]
    anna, thief = log_in(centre), log_in(centre)
    consent = ask(centre, f"GET /centre/apps/{SHOP}", anna).json()
    assert consent.keys() == {"appid", "name", "icon_url", "summary", "status"}

    def bind(session: str, **body: str) -> requests.Response:
        return ask(centre, "POST /me/bindings", session, {"appid": SHOP, "openid": "oShop-anna"} | body)

    good = ticket(first, "1")
    wrong = {
        "forged": ticket("mpa_" + "x" * 40, "2"),
        "expired": ticket(first, "3", exp=int(time.time()) - 5),
        "of another audience": ticket(first, "4", aud="wx-another"),
        "of another user": ticket(first, "5", sub="oShop-bo"),
    }
    for text in wrong.values():
        assert refusal(bind(thief, ticket=text)) == "bind:fail invalid_ticket"
    bound = bind(anna, ticket=good)
    assert (bound.status_code, bound.json()["confirmed"]) == (201, True)
    assert refusal(bind(thief, ticket=good)) == "bind:fail ticket_used"
    assert bind(thief).json()["confirmed"] is False

    second = ask(centre, "POST /centre/app/secret", first).json()["secret"]
    listed = ask(centre, "GET /centre/bindings", first).json()["items"]
    assert sorted(one["confirmed"] for one in listed) == [False, True]
    third = ask(centre, "POST /centre/app/secret", second).json()["secret"]
    assert [ask(centre, "GET /centre/app", one).status_code for one in (first, second, third)] == [
        401,
        200,
        200,
    ]
    assert refusal(bind(thief, ticket=ticket(first, "6"))) == "bind:fail invalid_ticket"

    path = f"/me/bindings/{bound.json()['key']}"
    assert ask(centre, f"PUT {path}", anna, {"level": "weak"}).json()["level"] == "weak"
    assert ask(centre, f"DELETE {path}", anna).status_code == 204
    assert ask(centre, "GET /me/bindings", anna).json()["items"] == []


def test_a_personal_key_has_the_address_of_this_api(centre: MakeRun) -> None:
    anna = log_in(centre)
    made = ask(centre, "POST /me/keys", anna, {"label": "服务器"}).json()
    assert made["push_url"] == f"{centre.api_url}/p/{made['key']}"
    assert ask(centre, f"DELETE /me/keys/{made['id']}", anna).status_code == 204
    assert ask(centre, "GET /me/keys", anna).json()["items"] == []
