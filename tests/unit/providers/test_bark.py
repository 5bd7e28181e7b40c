"""The server that stands for Bark's answers as Bark's own source does."""

import json
from typing import Any

import pytest

from local.providers.answers import Answer, Request
from local.providers.bark import BAN_ERRORS, BAN_SECONDS, BarkServer
from local.providers.phones import Phones, Shown


class Bark:
    def __init__(self, basic_auth: str = "") -> None:
        self.now = 1_000_000.0
        self.phones = Phones(lambda _line: None)
        self.server = BarkServer(lambda: self.now, self.phones, basic_auth)
        self.key = self.server.register("theKey").key

    def call(self, method: str, path: str, body: Any = b"", **headers: str) -> Answer:
        path, _, query = path.partition("?")
        is_json = isinstance(body, dict)
        given = {"content-type": "application/json"} if is_json else {}
        content = json.dumps(body).encode() if is_json else body
        return self.server.answer(Request(method, path, query, given | headers, content))

    def shown(self) -> Shown:
        [shown] = self.phones.shown
        return shown


@pytest.fixture
def bark() -> Bark:
    return Bark()


def fields(answer: Answer) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(answer.body)
    assert read["code"] == answer.status
    return read


@pytest.mark.parametrize(
    ("path", "title", "text"),
    [
        ("/theKey/a%20body", "", "a body"),
        ("/theKey/title/a+body", "title", "a body"),
        ("/theKey/title/sub/body", "title · sub", "body"),
        ("/theKey?title=t&body=b", "t", "b"),
        ("/theKey", "", "Empty Message"),
        ("/theKey/path?body=query", "", "path"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_older_addresses(bark: Bark, method: str, path: str, title: str, text: str) -> None:
    assert fields(bark.call(method, path))["message"] == "success"
    assert (bark.shown().title, bark.shown().text) == (title, text)


def test_a_form_is_above_the_query(bark: Bark) -> None:
    bark.call("POST", "/theKey?body=query", b"body=form&title=t")
    assert (bark.shown().title, bark.shown().text) == ("t", "form")


def test_a_number_is_no_group(bark: Bark) -> None:
    assert bark.call("POST", "/push", {"device_key": "theKey", "body": "b", "group": 7}).status == 500


@pytest.mark.parametrize("body", [{}, {"device_key": ""}, {"device_key": 7}])
def test_a_push_without_a_key(bark: Bark, body: dict[str, Any]) -> None:
    assert fields(bark.call("POST", "/push", body))["message"] == "device key is empty"


def test_an_unknown_key(bark: Bark) -> None:
    answer = bark.call("POST", "/push", {"device_key": "other", "body": "b"})
    assert (answer.status, "failed to get device token" in fields(answer)["message"]) == (400, True)


def test_what_apple_can_not_take(bark: Bark) -> None:
    answer = bark.call("POST", "/push", {"device_key": "theKey", "body": "x" * 4096})
    assert (answer.status, fields(answer)["message"]) == (500, "push failed: PayloadTooLarge")


def test_a_device_registers_and_is_known_by_its_key(bark: Bark) -> None:
    made = fields(bark.call("POST", "/register", {"device_token": "a" * 64}))["data"]
    assert fields(bark.call("GET", f"/register/{made['key']}"))["message"] == "success"
    assert bark.call("GET", "/register/other").status == 400
    assert bark.call("POST", "/register", {"device_token": "a" * 161}).status == 400


def test_who_knows_a_key_can_point_it_at_another_device(bark: Bark) -> None:
    bark.call("POST", "/register", {"device_key": "theKey", "device_token": "b" * 64})
    assert bark.server.devices["theKey"].token == "b" * 64


def test_a_push_without_the_password_finds_a_teapot() -> None:
    bark = Bark(basic_auth="Basic YTpi")
    assert bark.call("POST", "/push", {"device_key": "theKey"}).status == 418
    assert bark.call("GET", "/ping").status == 200
    assert bark.call("POST", "/push", {"device_key": "theKey"}, authorization="Basic YTpi").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "/push", 405), ("GET", "/push", 405), ("GET", "/a/b/c/d/e", 404)]
)
def test_addresses_that_there_are_not(bark: Bark, method: str, path: str, status: int) -> None:
    assert bark.call(method, path).status == status


def test_a_ban_ends_after_a_day(bark: Bark) -> None:
    for _ in range(BAN_ERRORS + 1):
        assert bark.call("GET", "/other").status == 400
    assert bark.call("GET", "/theKey").status == 403
    bark.now += BAN_SECONDS
    assert bark.call("GET", "/theKey").status == 200


def test_errors_that_are_spread_over_time_ban_nobody(bark: Bark) -> None:
    for _ in range(BAN_ERRORS + 1):
        bark.call("GET", "/other")
        bark.now += 1
    assert bark.call("GET", "/theKey").status == 200
