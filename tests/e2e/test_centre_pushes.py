"""Pushes into inboxes on a running stack with the message centre."""

import subprocess
from typing import Any

import pytest
import requests
from support.running import MakeRun

pytestmark = pytest.mark.e2e

SHOP = "wx5e1f0000c0ffee03"


@pytest.fixture
def centre(centre_stack: MakeRun) -> MakeRun:
    return centre_stack


def ask(run: MakeRun, route: str, token: str, body: Any = None, **headers: str) -> requests.Response:
    method, _, path = route.partition(" ")
    given = {"Authorization": f"Bearer {token}"} | {n.replace("_", "-"): v for n, v in headers.items()}
    return requests.request(method, run.api_url + path, json=body, headers=given, timeout=30)


def log_in(run: MakeRun) -> str:
    with run.control() as wechat:
        code = wechat.add_user().js_code
    answer = requests.post(f"{run.api_url}/session", json={"code": code}, timeout=30)
    return str(answer.json()["token"])


def inbox(run: MakeRun, token: str) -> list[dict[str, Any]]:
    return list(ask(run, "GET /me/inbox", token).json()["items"])


def test_an_app_pushes_repeats_and_takes_back(centre: MakeRun) -> None:
    registration = {"appid": SHOP, "name": "某某商城", "icon_url": "https://shop.example/icon.png"}
    secret = ask(centre, "POST /centre/apps", centre.operator_key, registration).json()["secret"]
    anna = log_in(centre)
    bound = ask(centre, "POST /me/bindings", anna, {"appid": SHOP, "openid": "oShop-anna"}).json()
    push = {"to": {"key": bound["key"]}, "title": "包裹", "body": "到了", "id": "order-7"}
    first, second = (
        ask(centre, "POST /centre/messages", secret, push, idempotency_key="k").json() for _ in range(2)
    )
    assert first == second
    [result] = first["results"]
    [item] = inbox(centre, anna)
    assert (result["status"], item["id"]) == ("stored", result["message_id"])
    assert item["from"] == {"kind": "app", "appid": SHOP, "name": "某某商城"}
    assert ask(centre, "GET /me/centre", anna).json()["unread"] == 1
    assert ask(centre, f"DELETE /centre/messages/{item['id']}", secret).status_code == 204
    assert inbox(centre, anna) == []
    assert ask(centre, "POST /centre/messages", bound["key"], push).status_code == 401


def test_a_personal_key_pushes_as_to_barks_server_and_is_in_no_log(centre: MakeRun) -> None:
    anna = log_in(centre)
    made = ask(centre, "POST /me/keys", anna, {"label": "服务器"}).json()
    url, key = made["push_url"], made["key"]
    lines = (
        [f"{url}/a%2Fb+c"],
        [f"{url}/%F0%9F%93%A6/100%25"],
        ["--data", "title=form&body=b", url],
        ["--data", "title=t&desp=**d**", f"{url}.send"],
        ["--head", f"{url}/head"],
        ["--header", "Sec-Purpose: prefetch", f"{url}/prefetched"],
    )
    for line in lines:
        subprocess.run(["curl", "--silent", "--fail", *line], check=True, capture_output=True, timeout=30)
    found = [(item["title"], item["body"]) for item in inbox(centre, anna)]
    assert found == [("t", "**d**"), ("form", "b"), ("📦", "100%"), ("", "a/b c")]
    assert {item["from"]["kind"] for item in inbox(centre, anna)} == {"key"}
    files = [path for path in centre.directory.rglob("*") if path.is_file()]
    logs = [path for path in files if path.suffix in {".log", ".txt", ".out"}]
    assert logs
    assert [path.name for path in logs if key in path.read_text(errors="replace")] == []


def test_a_person_is_erased(centre: MakeRun) -> None:
    anna = log_in(centre)
    made = ask(centre, "POST /me/keys", anna, {"label": "服务器"}).json()
    assert requests.get(f"{made['push_url']}/hello", timeout=30).status_code == 200
    assert ask(centre, "DELETE /me/centre", anna).status_code == 204
    assert inbox(centre, anna) == []
    assert ask(centre, "GET /me/keys", anna).json()["items"] == []
    assert requests.get(f"{made['push_url']}/hello", timeout=30).status_code == 400
