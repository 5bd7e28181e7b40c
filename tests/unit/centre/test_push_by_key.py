"""Pushes by a personal key, as clients of Bark and ServerChan make them."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from support.centre_inbox import NOW
from support.push_by_key import ADA, Context, KeyPushes, key_event
from support.push_by_key import PERSONAL_KEY as KEY

from minipush.domain.centre.inbox import Content, Level
from minipush.domain.centre.pushes import USUAL_LIMITS, PushReason
from minipush.errors import StoreError

PER_HOUR = USUAL_LIMITS.to_user_per_hour

BINDING_KEY = "bAbcdefghijklmnopqrstuvw"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json; charset=utf-8"}
OK = f'{{"code":200,"message":"success","timestamp":{NOW // 1000}}}'


class World(KeyPushes):
    address = "203.0.113.7"

    def ask(
        self, method: str, path: str, body: bytes | str = "", query: str = "", **headers: str
    ) -> dict[str, Any]:
        """`path` as it is on the wire; a proxy in front of the API tells it."""
        raw = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        event = key_event(method, f"{path}?{query}", {"x-forwarded-uri": path} | named, raw, self.address)
        return self.handle(event, Context())

    def get(self, path: str, query: str = "", **headers: str) -> dict[str, Any]:
        return self.ask("GET", path, query=query, **headers)

    def form(self, path: str, fields: dict[str, str], query: str = "") -> dict[str, Any]:
        return self.ask("POST", path, urlencode(fields), query, **FORM)

    def json(self, path: str, fields: object, query: str = "") -> dict[str, Any]:
        return self.ask("POST", path, json.dumps(fields), query, **JSON)


@pytest.fixture
def world() -> World:
    return World()


def told(answer: dict[str, Any]) -> tuple[int, str]:
    body = json.loads(answer["body"])
    assert body["code"] == answer["statusCode"]
    return answer["statusCode"], body["message"]


# ---- Bark's addresses


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("", Content(body="Empty Message")),
        ("/hello", Content(body="hello")),
        ("/hello/", Content(body="hello")),
        ("/Parcel/It%20is%20here", Content(title="Parcel", body="It is here")),
        ("/Parcel/Shelf%207/It%20is%20here", Content(title="Parcel", body="Shelf 7\nIt is here")),
        ("/a%2Fb", Content(body="a/b")),
        ("/a+b", Content(body="a b")),
        ("/a%2Bb", Content(body="a+b")),
        ("/100%25", Content(body="100%")),
        ("/%F0%9F%93%A6", Content(body="📦")),
        ("/%E5%8C%85%E8%A3%B9/%E5%88%B0%E4%BA%86%EF%BC%9F", Content(title="包裹", body="到了？")),
        ("/what%3F", Content(body="what?")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_path_tells_the_key_and_the_texts(world: World, method: str, path: str, content: Content) -> None:
    answer = world.ask(method, f"/p/{KEY}{path}")
    assert (answer["statusCode"], answer["body"]) == (200, OK)
    assert answer["headers"]["Content-Type"] == "application/json"
    assert world.contents() == [content]


def test_a_push_is_counted_and_a_key_that_nobody_has_is_not(world: World) -> None:
    world.get(f"/p/{KEY}/hello")
    world.get("/p/kUnknown/hello")
    world.addressees.keys[KEY] = PushReason.KEY_PAUSED
    world.get(f"/p/{KEY}/hello")
    assert world.counted == [{"PushesStored": 1}, {"PushesSkipped": 1}]


def test_a_compressed_body_pushes_nothing(world: World) -> None:
    answer = world.ask("POST", f"/p/{KEY}", b"\x1f\x8b", content_encoding="gzip")
    assert told(answer) == (415, "Unsupported Media Type")
    assert world.contents() == []


def test_without_a_proxy_an_encoded_slash_parts_the_path_and_the_rest_is_the_same(world: World) -> None:
    world.get(f"/p/{KEY}/a%2Fb", x_forwarded_uri="")
    world.now += 1
    world.get(f"/p/{KEY}/{quote('包 裹')}", x_forwarded_uri="")
    assert world.contents() == [Content(title="a", body="b"), Content(body="包 裹")]


def test_a_header_that_names_another_path_does_not_count(world: World) -> None:
    world.get(f"/p/{KEY}/hello", x_forwarded_uri="/p/kOther/other")
    assert world.contents() == [Content(body="hello")]


def test_a_fifth_part_is_not_found(world: World) -> None:
    assert told(world.get(f"/p/{KEY}/a/b/c/d")) == (404, "Not Found")
    assert world.stored() == []


@pytest.mark.parametrize(
    ("query", "fields", "content"),
    [
        ("body=query", {}, Content(body="query")),
        ("body=query&title=T", {"body": "form"}, Content(title="T", body="form")),
        ("TITLE=T&Body=b", {}, Content(title="T", body="b")),
        ("url=https%3A%2F%2Fx.example&copy=42&group=g", {"body": "b"}, None),
    ],
)
def test_a_form_comes_before_the_query(
    world: World, query: str, fields: dict[str, str], content: Content | None
) -> None:
    world.form(f"/p/{KEY}", fields, query)
    expected = content or Content(body="b", url="https://x.example", copy="42", group="g")
    assert world.contents() == [expected]


def test_the_path_comes_before_all(world: World) -> None:
    world.form(f"/p/{KEY}/path", {"body": "form", "title": "T"}, "body=query")
    world.now += 1
    world.json(f"/p/{KEY}/path", {"body": "json", "title": "T"}, "body=query")
    assert world.contents() == [Content(title="T", body="path")] * 2


def test_a_multipart_form_is_read(world: World) -> None:
    parts = "".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in (("Title", "包裹"), ("body", "two\r\nlines"))
    )
    world.ask("POST", f"/p/{KEY}", f"{parts}--xx--\r\n", content_type="multipart/form-data; boundary=xx")
    assert world.contents() == [Content(title="包裹", body="two\r\nlines")]


def test_a_json_body_counts_less_than_the_query(world: World) -> None:
    world.json("/p/push", {"device_key": KEY, "title": "json", "body": "json"}, "body=query")
    assert world.contents() == [Content(title="json", body="query")]


def test_numbers_and_booleans_in_json_are_texts(world: World) -> None:
    world.json("/p/push", {"device_key": KEY, "body": 42, "group": 7, "badge": 1, "call": True, "icon": None})
    assert world.contents() == [Content(body="42", group="7")]


def test_markdown_is_kept_beside_the_body(world: World) -> None:
    world.json("/p/push", {"device_key": KEY, "markdown": "**hi**"})
    assert world.contents() == [Content(markdown="**hi**")]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "request bind failed: the body is not JSON"),
        ('"text"', "request bind failed: the body is not an object"),
        ('{"body": "\\ud800"}', "request bind failed: the body is not JSON"),
        ('{"device_keys": 5}', "invalid type for device_keys"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(world: World, body: str, why: str) -> None:
    assert told(world.ask("POST", "/p/push", body, **JSON)) == (400, why)


@pytest.mark.parametrize(
    ("level", "is_reminded"), [("passive", False), ("active", True), ("critical", True), ("?", True)]
)
def test_a_passive_push_is_weak(world: World, level: str, is_reminded: bool) -> None:
    world.get(f"/p/{KEY}/hello", f"level={level}")
    assert [message.reminder is not None for message in world.stored()] == [is_reminded]
    assert len(world.queue.jobs) == is_reminded


def test_a_ttl_says_for_how_long_a_message_is_kept(world: World) -> None:
    world.get(f"/p/{KEY}/hello", "ttl=600")
    world.now += 1
    world.get(f"/p/{KEY}/hello", "ttl=soon")
    first, second = world.stored()
    assert first.reminder
    assert (first.until, first.reminder.until) == (NOW + 600_000, NOW + 600_000)
    assert second.until > NOW + 80 * 24 * 3_600_000


def test_a_push_with_an_id_replaces_the_one_before(world: World) -> None:
    for n in range(2):
        world.now += 1
        world.json("/p/push", {"device_key": KEY, "body": str(n), "id": 7})
    assert world.contents() == [Content(body="1")]
    assert len({place.rpartition("#")[2] for _, _, place in world.queue.jobs}) == 1


def test_a_push_with_an_id_can_be_taken_back(world: World) -> None:
    world.get(f"/p/{KEY}/hello", "id=7")
    assert told(world.get(f"/p/{KEY}", "id=7&delete=1")) == (200, "success")
    assert [message.is_deleted for message in world.stored()] == [True]
    assert len(world.queue.jobs) == 2
    assert told(world.get(f"/p/{KEY}", "id=8&delete=1")) == (200, "success")


def test_texts_that_are_too_long_are_refused(world: World) -> None:
    assert told(world.form(f"/p/{KEY}", {"body": "包" * 1_365})) == (200, "success")
    assert told(world.form(f"/p/{KEY}", {"body": "包" * 1_366})) == (413, "push failed: PayloadTooLarge")
    assert len(world.stored()) == 1


def test_a_push_to_the_root_is_one_of_version_2(world: World) -> None:
    """Apprise knows no path before /push."""
    world.json("/push", {"device_key": KEY, "body": "hello"})
    assert world.contents() == [Content(body="hello")]


# ---- several devices


def test_a_batch_has_a_result_for_each_key(world: World) -> None:
    answer = world.json("/p/push", {"device_keys": [KEY, "kWrong"], "body": "hello"})
    assert answer["body"] == (
        f'{{"code":200,"message":"success","data":[{{"code":200,"device_key":"{KEY}"}},'
        '{"code":400,"device_key":"kWrong","message":"failed to get device token: the key is unknown"}],'
        f'"timestamp":{NOW // 1000}}}'
    )
    assert world.contents() == [Content(body="hello")]


def test_keys_of_a_batch_may_be_a_list_with_commas(world: World) -> None:
    world.json("/p/push", {"device_keys": f"{KEY}, {KEY}", "body": "hello"})
    assert len(world.stored()) == 1


def test_a_batch_has_a_hundred_keys_at_most(world: World) -> None:
    answer = world.json("/p/push", {"device_keys": [f"k{n}" for n in range(101)]})
    assert told(answer) == (400, "batch push count exceeds the maximum limit: 100")


# ---- what pushes nothing


def test_ping_health_and_the_check_of_a_key_are_as_barks(world: World) -> None:
    assert world.get("/p/ping")["body"] == f'{{"code":200,"message":"pong","timestamp":{NOW // 1000}}}'
    health = world.get("/p/healthz")
    assert (health["statusCode"], health["body"]) == (200, "ok")
    assert world.get(f"/p/register/{KEY}")["body"] == OK
    assert told(world.get("/p/register/kWrong"))[0] == 400
    assert world.stored() == []


def test_devices_do_not_register_here(world: World) -> None:
    assert told(world.json("/p/register", {"device_token": "t"})) == (404, "Not Found")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x_moz": "prefetch"},
        {"x_purpose": "preview"},
    ],
)
def test_a_prefetch_pushes_nothing(world: World, headers: dict[str, str]) -> None:
    assert told(world.get(f"/p/{KEY}/hello", **headers)) == (200, "success")
    assert world.get(f"/p/{KEY}.send", "title=hello", **headers)["statusCode"] == 200
    assert world.stored() == []


def test_head_pushes_nothing(world: World) -> None:
    assert world.ask("HEAD", f"/p/{KEY}/hello")["statusCode"] == 200
    assert world.stored() == []


# ---- keys


def test_a_binding_key_is_no_personal_key(world: World) -> None:
    assert told(world.get(f"/p/{BINDING_KEY}/hello"))[0] == 401
    assert told(world.json("/p/push", {"device_key": BINDING_KEY, "body": "b"}))[0] == 401


def test_a_word_that_begins_like_a_binding_key_is_none(world: World) -> None:
    assert told(world.get("/p/badkey/hello"))[0] == 400


def test_a_push_without_a_key_says_so(world: World) -> None:
    assert told(world.json("/p/push", {"body": "b"})) == (400, "device key is empty")


@pytest.mark.parametrize(("reason", "status"), [(PushReason.KEY_PAUSED, 403), (PushReason.KEY_EXPIRED, 410)])
def test_a_key_may_be_paused_or_expire(world: World, reason: PushReason, status: int) -> None:
    world.addressees.keys[KEY] = reason
    assert told(world.get(f"/p/{KEY}/hello"))[0] == status


def test_wrong_keys_cost_the_callers_address(world: World) -> None:
    answers = [told(world.get(f"/p/kWrong{n}/hello"))[0] for n in range(31)]
    assert answers == [400] * 30 + [429]
    blocked = world.get(f"/p/{KEY}/hello")
    assert (told(blocked)[0], blocked["headers"]["Retry-After"]) == (429, "10")
    world.address = "203.0.113.8"
    assert told(world.get(f"/p/{KEY}/hello"))[0] == 200
    world.address = "203.0.113.7"
    world.now += 10_000
    assert told(world.get(f"/p/{KEY}/hello"))[0] == 200


def test_wrong_keys_of_a_batch_and_of_checks_cost_the_same(world: World) -> None:
    world.json("/p/push", {"device_keys": [f"k{n}" for n in range(29)], "body": "b"})
    assert told(world.get("/p/register/kWrong"))[0] == 400
    assert told(world.get("/p/register/kWrong"))[0] == 429


def test_the_key_has_the_limits_of_a_sender(world: World) -> None:
    for _ in range(PER_HOUR):
        world.get(f"/p/{KEY}/hello")
        world.now += 1
    answer = world.get(f"/p/{KEY}/hello")
    assert told(answer) == (429, "push failed: TooManyRequests")
    assert int(answer["headers"]["Retry-After"]) == 3_600


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("error", [None, StoreError(f"key {KEY}"), ValueError(f"key {KEY}")])
def test_no_key_is_ever_logged(
    world: World, logged: pytest.LogCaptureFixture, error: Exception | None
) -> None:
    if error:
        world.queue.add = lambda *_: (_ for _ in ()).throw(error)  # type: ignore[method-assign]
    for path in (f"/p/{KEY}/hello", f"/p/{KEY}.send", f"/p/register/{KEY}", f"/p/{KEY}x/hello"):
        world.get(path, "title=secret")
    world.json("/p/push", {"device_key": KEY, "body": "b"})
    written = "\n".join(str(vars(record)) for record in logged.records)
    assert "answered" in written
    assert KEY not in written
    assert "secret" not in written


@pytest.mark.parametrize(("error", "status"), [(StoreError(), 503), (ValueError(), 500)])
def test_a_push_that_could_not_be_queued_is_not_stored(world: World, error: Exception, status: int) -> None:
    world.queue.add = lambda *_: (_ for _ in ()).throw(error)  # type: ignore[method-assign]
    assert told(world.get(f"/p/{KEY}/hello"))[0] == status
    assert world.stored() == []


def test_a_weak_push_is_one_write(world: World) -> None:
    world.addressees.keys[KEY] = replace(ADA, level=Level.WEAK)
    world.get(f"/p/{KEY}/hello")
    assert world.store.writes == 1


# ---- ServerChan


@pytest.mark.parametrize("how", ["query", "form", "json"])
def test_server_chan_is_answered_as_its_own_server_does(world: World, how: str) -> None:
    fields = {"title": "备份", "desp": "## done\n\nok"}
    path = f"/p/{KEY}.send"
    if how == "query":
        answer = world.get(path, urlencode(fields))
    else:
        answer = world.form(path, fields) if how == "form" else world.json(path, fields)
    [message] = world.stored()
    assert (answer["statusCode"], answer["body"]) == (
        200,
        f'{{"code":0,"message":"","data":{{"pushid":"{message.id}","errno":0,"error":"SUCCESS"}}}}',
    )
    assert message.content == Content(title="备份", body="## done\n\nok", markdown="## done\n\nok")


def test_a_short_text_and_tags_are_kept(world: World) -> None:
    world.form(f"/p/{KEY}.send", {"title": "t", "desp": "*long*", "short": "brief", "tags": "backup"})
    assert world.contents() == [Content(title="t", body="brief", markdown="*long*", group="backup")]


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (f"/p/{KEY}.send", {}, 400),
        ("/p/kWrong.send", {"title": "t"}, 400),
        (f"/p/{BINDING_KEY}.send", {"title": "t"}, 401),
    ],
)
def test_what_server_chan_refuses_has_its_shape_too(
    world: World, path: str, fields: dict[str, str], status: int
) -> None:
    answer = world.form(path, fields)
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["code"], body["data"]["errno"]) == (status, status, status)
    assert world.stored() == []
