"""The official account of a whole stack, with the simulator that the stack starts itself."""

import time
from collections.abc import Callable
from typing import Any

import pytest
import requests
from support.running import MakeRun

pytestmark = pytest.mark.e2e

MESSAGE = {"type": "official", "template_id": "O2", "data": {"thing1": {"value": "瑜伽"}}}


@pytest.fixture
def official(centre_stack: MakeRun) -> MakeRun:
    return centre_stack


def ask(run: MakeRun, method: str, path: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {run.operator_key}"}
    return requests.request(method, run.api_url + path, json=body, headers=headers, timeout=30)


def log_in(run: MakeRun) -> str:
    with run.control() as wechat:
        user = wechat.add_user()
    answer = requests.post(f"{run.api_url}/session", json={"code": user.js_code}, timeout=30)
    assert answer.status_code == 200
    return user.openid


def send(run: MakeRun, openid: str) -> dict[str, Any]:
    answer = ask(run, "POST", "/messages", MESSAGE | {"touser": openid})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["results"][0]
    return result


def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_who_follows_gets_messages_until_they_unfollow(official: MakeRun) -> None:
    openid = log_in(official)
    assert send(official, openid)["reason"] == "not_mapped"
    with official.control() as wechat:
        there = wechat.follow(openid)[openid]
        until(lambda: send(official, openid)["status"] == "sent")
        assert [message["kind"] for message in wechat.messages(there)] == ["official"]
        wechat.unfollow(openid)
    until(
        lambda: (
            send(official, openid).get("reason") == "not_following"
            and "errcode" not in send(official, openid)
        )
    )


def test_a_sync_finds_followers_and_a_campaign_reaches_them(official: MakeRun) -> None:
    openids = [log_in(official) for _ in range(3)]
    with official.control() as wechat:
        wechat.configure(official_callback_url=None)
        wechat.follow(openids)
        assert ask(official, "POST", "/official/sync").status_code == 202
        until(lambda: ask(official, "GET", "/official/sync").json()["sync"]["finished_at"] is not None)
        audience = {"type": "openids", "openids": openids}
        body = {"name": "n", "message": MESSAGE, "audience": audience}
        told = ask(official, "POST", "/campaigns", body | {"dry_run": True}).json()
        assert (told["recipients"], told["followers"], told["unmapped"]) == (3, 3, 0)
        id_ = ask(official, "POST", "/campaigns", body).json()["id"]
        until(lambda: ask(official, "GET", f"/campaigns/{id_}").json()["counts"]["sent"] == 3)
