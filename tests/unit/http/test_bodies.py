"""Bodies that are no body: each gets a 4xx that says what is wrong."""

import base64
import gzip
import json
from typing import Any

import pytest
from support.http_app import KEY, HttpApp

ROUTES = [
    "POST /session",
    "POST /collect",
    "PUT /me",
    "PATCH /me",
    "POST /messages",
    "POST /campaigns",
    "PATCH /users/{openid}",
    "PUT /templates/stock",
]
MESSAGE = {"type": "template", "template_id": "T1", "touser": "anna", "keywords": ["Ready"]}


def credential(app: HttpApp, route: str) -> str:
    return app.user if route in {"POST /collect", "PUT /me", "PATCH /me"} else "mp_a-key-of-an-operator"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("{", id="cut short"),
        pytest.param('{"a": 1}{', id="more after it"),
        pytest.param("\ufeff{}", id="byte order mark"),
        pytest.param('{"a": NaN}', id="NaN"),
        pytest.param('{"a": Infinity}', id="Infinity"),
        pytest.param('{"a": 1, "a": 1}', id="a name twice"),
        pytest.param('{"a": "\\ud800"}', id="half a surrogate pair"),
        pytest.param('{"\\udfff": 1}', id="half a surrogate pair as a name"),
        pytest.param('{"a": "\ud800"}', id="no Unicode"),
        pytest.param('{"a": "\x00"}', id="a bare NUL"),
        pytest.param("[" * 1_000_000, id="a million brackets"),
        pytest.param('{"a": %s}' % ("[" * 40 + "]" * 40), id="41 levels"),
        pytest.param("code=x", id="a form"),
        pytest.param("<xml/>", id="XML"),
    ],
)
def test_what_is_not_json_is_400(app: HttpApp, route: str, body: str | None) -> None:
    answer = app.ask(route, body, token=credential(app, route))
    assert answer.status == 400
    assert answer.is_a_problem()
    assert answer.pointers == [""]


@pytest.mark.parametrize(
    "bad", ['{"form_id": "\\ud800"}', '{"form_id": "x", "expires_at": %s}' % ("9" * 5000), '"\\udfff"']
)
def test_an_entry_that_nothing_could_encode_costs_only_itself(app: HttpApp, bad: str) -> None:
    """A phone repeats a refused request unchanged: the other entries would never be stored."""
    body = f'{{"form_ids": [{{"form_id": "a-1"}}, {bad}]}}'
    answer = app.ask("POST /collect", body, token=app.user)
    assert (answer.status, answer.json["stored"]) == (200, 1)
    assert answer.json["rejected"] == [{"pointer": "/form_ids/1", "reason": "malformed"}]


@pytest.mark.parametrize("route", ROUTES)
def test_a_number_of_5000_digits_is_judged_by_the_schema(app: HttpApp, route: str) -> None:
    answer = app.ask(route, '{"max_per_second": %s}' % ("9" * 5000), token=credential(app, route))
    assert answer.status == 422
    assert answer.is_a_problem()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", [None, ""])
def test_a_missing_body_is_422(app: HttpApp, route: str, body: str | None) -> None:
    answer = app.ask(route, body, token=credential(app, route))
    assert answer.status == 422
    assert answer.pointers == [""]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("body", ["null", "true", "0", '"text"', "[]", '[{"code": "x"}]', "1e999"])
def test_json_that_is_no_object_is_422(app: HttpApp, route: str, body: str) -> None:
    answer = app.ask(route, body, token=credential(app, route))
    assert answer.status == 422
    assert answer.pointers == [""]


def test_a_body_beyond_a_megabyte_is_413(app: HttpApp) -> None:
    fits = json.dumps({"code": "x" * (1024 * 1024 - 12)})
    assert len(fits) == 1024 * 1024
    assert app.ask("POST /session", fits).status == 422
    assert app.ask("POST /session", fits + " ").status == 413


@pytest.mark.parametrize("entry", [0, {}, "x", [[]]])
def test_a_body_of_very_many_values_is_413(app: HttpApp, entry: Any) -> None:
    answer = app.ask("POST /collect", {"form_ids": [entry] * 20_000}, token=app.user)
    assert answer.status == 413
    assert answer.is_a_problem()


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
     "application/jsonp", "application/json; charset=gbk", "json", "/", ";", "\x00", "application/json\r\nx: y"],
)  # fmt: skip
def test_another_content_type_is_415(app: HttpApp, kind: str) -> None:
    answer = app.ask("POST /messages", MESSAGE, headers={"content-type": kind})
    assert answer.status == 415
    assert answer.is_a_problem()


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", ""]
)
def test_json_is_json_however_it_is_announced(app: HttpApp, kind: str) -> None:
    assert app.ask("POST /messages", MESSAGE, headers={"content-type": kind}).status == 200


def test_a_compressed_body_is_415(app: HttpApp) -> None:
    packed = base64.b64encode(gzip.compress(b"{}")).decode()
    answer = app.ask("POST /messages", packed, isBase64Encoded=True, headers={"content-encoding": "gzip"})
    assert answer.status == 415


def test_a_body_in_base64_is_read(app: HttpApp) -> None:
    packed = base64.b64encode(json.dumps(MESSAGE).encode()).decode()
    assert app.ask("POST /messages", packed, isBase64Encoded=True).status == 200


@pytest.mark.parametrize("body", ["{}", "é", "a", "====", base64.b64encode(b'{"a": "\xff"}').decode()])
def test_base64_that_holds_no_utf8_is_400(app: HttpApp, body: str) -> None:
    answer = app.ask("POST /messages", body, isBase64Encoded=True)
    assert answer.status == 400
    assert answer.is_a_problem()


@pytest.mark.parametrize("route", ["GET /health", "GET /pool", "GET /users/{openid}"])
def test_a_body_on_a_get_is_not_looked_at(app: HttpApp, route: str) -> None:
    assert app.ask(route, "{", headers={"content-type": "text/plain"}).status == 200


def test_a_misspelt_field_is_pointed_at(app: HttpApp) -> None:
    answer = app.ask("POST /messages", MESSAGE | {"keyword/s~": []})
    assert answer.status == 422
    assert answer.pointers == ["/keyword~1s~0"]


def test_of_very_many_mistakes_the_first_are_told(app: HttpApp) -> None:
    answer = app.ask("POST /collect", {f"field{n}": n for n in range(10_000)}, token=app.user)
    assert answer.status == 422
    assert len(answer.pointers) == 20


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/code"]),
        ({"code": None}, ["/code"]),
        ({"code": 5}, ["/code"]),
        ({"code": ""}, ["/code"]),
        ({"code": "x" * 513}, ["/code"]),
        ({"code": "x", "openid": "anna"}, ["/openid"]),
    ],
)
def test_a_login_is_checked(app: HttpApp, body: Any, pointers: list[str]) -> None:
    answer = app.ask("POST /session", body, token=None)
    assert answer.status == 422
    assert answer.pointers == pointers


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"form_ids": "f1"}, ["/form_ids"]),
        ({"form_ids": None}, ["/form_ids"]),
        ({"form_id": "f1"}, ["/form_id"]),
        ({"form_ids": [{"form_id": f"f{n}"} for n in range(101)]}, [""]),
        ({"form_ids": [{"form_id": "f1"}] * 50, "prepay_ids": [None] * 51}, [""]),
    ],
)  # fmt: skip
def test_what_is_collected_is_checked(app: HttpApp, body: Any, pointers: list[str]) -> None:
    answer = app.ask("POST /collect", body, token=app.user)
    assert answer.status == 422
    assert answer.pointers == pointers


GOOD: dict[str, dict[str, Any]] = {
    "form_ids": {"form_id": "f1"},
    "prepay_ids": {"prepay_id": "p1"},
    "subscriptions": {"id": "1", "template_id": "T1", "result": "accept"},
}


@pytest.mark.parametrize("route", ["POST /collect", "POST /users/{openid}/permits"])
@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("form_ids", {}),
        ("form_ids", "f1"),
        ("form_ids", None),
        ("form_ids", [{"form_id": "f2"}]),
        ("form_ids", {"form_id": 1}),
        ("form_ids", {"form_id": "f2", "formid": "f2"}),
        ("form_ids", {"form_id": "f2", "expires_at": "soon"}),
        ("form_ids", {"form_id": "f2", "expires_at": 1.5}),
        ("form_ids", {"form_id": "f2", "expires_at": 1e999}),
        ("form_ids", {"form_id": "f2", "expires_at": True}),
        ("prepay_ids", {"prepay_id": None}),
        ("prepay_ids", {"prepay_id": "p2", "expires_at": 1}),
        ("subscriptions", {"id": "2", "template_id": "T2"}),
        ("subscriptions", {"id": 2, "template_id": "T2", "result": "accept"}),
        ("subscriptions", {"id": "2", "template_id": "T2", "result": ["accept"]}),
        ("subscriptions", {"id": "2", "template_id": "T2", "result": "accept", "long_term": 1}),
    ],
)
def test_an_entry_of_the_wrong_shape_costs_only_itself(
    app: HttpApp, route: str, name: str, entry: Any
) -> None:
    body = {list_: [good] for list_, good in GOOD.items()} | {name: [entry, GOOD[name]]}
    # json.dumps writes an infinite number as no JSON has it.
    text = json.dumps(body).replace("Infinity", "1e999")
    answer = app.ask(route, text, token=app.user if route == "POST /collect" else KEY)
    assert answer.status == 200
    assert answer.json == {"stored": 3, "rejected": [{"pointer": f"/{name}/0", "reason": "malformed"}]}


@pytest.mark.parametrize("expires_at", [0, -1, -(10**4000), 1, 2**63, 1e300, 1e15, -0.0])
def test_absurd_times_of_expiry_are_no_error(app: HttpApp, expires_at: float) -> None:
    entry = {"form_id": "f1", "expires_at": expires_at}
    answer = app.ask("POST /collect", {"form_ids": [entry]}, token=app.user)
    assert answer.status == 200
    assert answer.json["stored"] == (1 if expires_at > app.now else 0)


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"type": "sms"}, ["/type"]),
        ({"template_id": "../T"}, ["/template_id"]),
        ({"template_id": "T\n"}, ["/template_id"]),
        ({"template_id": ""}, ["/template_id"]),
        ({"page": "p" * 1025}, ["/page"]),
        ({"page": ["p"]}, ["/page"]),
        ({"page": "https://example.com/order"}, ["/page"]),
        ({"page": "pages/my order"}, ["/page"]),
        ({"page": "pages/order?id=7\nx"}, ["/page"]),
        ({"keywords": None, "data": {"keyword1": "Ready"}}, ["/data/keyword1"]),
        ({"keywords": None, "data": {"keyword1": {"value": 5}}}, ["/data/keyword1/value"]),
        ({"keywords": None, "data": {f"keyword{n}": {"value": ""} for n in range(51)}}, ["/data"]),
        ({"data": {}}, [""]),
        ({"keywords": ["x"] * 51}, ["/keywords"]),
        ({"keywords": ["x" * 2001]}, ["/keywords/0"]),
        ({"miniprogram_state": "beta"}, ["/miniprogram_state"]),
        ({"lang": "tlh"}, ["/lang"]),
        ({"essential": "yes"}, ["/essential"]),
        ({"on_unknown": "unknown"}, ["/on_unknown"]),
        ({"on_unknown": True}, ["/on_unknown"]),
        ({"fields": "checked"}, ["/fields"]),
        ({"fields": False}, ["/fields"]),
        ({"touser": []}, ["/touser"]),
        ({"touser": ["anna"] * 101}, ["/touser"]),
        ({"touser": 5}, ["/touser"]),
        ({"touser": {"openid": "anna"}}, ["/touser"]),
        ({"touser": ["anna", 5, None]}, ["/touser/1", "/touser/2"]),
        ({"touser": "x" * 129}, ["/touser/0"]),
    ],
)
def test_a_message_is_checked(app: HttpApp, change: Any, pointers: list[str]) -> None:
    answer = app.ask("POST /messages", MESSAGE | change)
    assert answer.status == 422
    assert answer.pointers == pointers
    assert app.counted == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/localtime", "", ".", "Asia", "Asia/Shanghai\x00", "Asia/Nowhere",
                                  "localtime", "posixrules", "Factory", "right/Asia/Shanghai", "posix/Asia/Shanghai",
                                  "Asia/上海", "zone.tab", "tzdata.zi", "x" * 64, "Asia/../UTC", "\n"])  # fmt: skip
def test_what_is_no_time_zone_is_pointed_at(app: HttpApp, name: str) -> None:
    quiet = {"from": "22:00", "to": "08:00", "timezone": name}
    answer = app.ask("PATCH /me", {"quiet_hours": quiet}, token=app.user)
    assert answer.status == 422
    assert answer.pointers == ["/quiet_hours/timezone"]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"from": "24:00"}, ["/quiet_hours/from"]),
        ({"to": "8:00"}, ["/quiet_hours/to"]),
        ({"to": "08:00:00"}, ["/quiet_hours/to"]),
        ({"to": "08:00\n"}, ["/quiet_hours/to"]),
        ({"to": "０８:００"}, ["/quiet_hours/to"]),
        ({"to": "22:00"}, ["/quiet_hours"]),
        ({"start": "22:00"}, ["/quiet_hours/start"]),
    ],
)
def test_quiet_hours_are_checked(app: HttpApp, change: Any, pointers: list[str]) -> None:
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"} | change
    answer = app.ask("PATCH /me", {"quiet_hours": quiet}, token=app.user)
    assert answer.status == 422
    assert answer.pointers == pointers


@pytest.mark.parametrize(
    ("tags", "pointers"),
    [
        ("vip", ["/tags"]),
        ([""], ["/tags/0"]),
        ([" \u3000"], ["/tags/0"]),
        (["\u200b"], ["/tags/0"]),
        (["x" * 65], ["/tags/0"]),
        (["a\x00b"], ["/tags/0"]),
        (["a\nb"], ["/tags/0"]),
        ([None], ["/tags/0"]),
        ([f"t{n}" for n in range(51)], ["/tags"]),
    ],
)
def test_tags_are_checked(app: HttpApp, tags: Any, pointers: list[str]) -> None:
    answer = app.ask("PATCH /users/{openid}", {"tags": tags})
    assert answer.status == 422
    assert answer.pointers == pointers


def test_tags_may_be_in_any_language_and_are_told_once(app: HttpApp) -> None:
    tags = ["貴賓", "vip", "👩‍👩‍👧", "é", "e\u0301", "vip"]
    answer = app.ask("PATCH /users/{openid}", {"tags": tags})
    assert answer.status == 200
    assert answer.json["tags"] == sorted(["貴賓", "vip", "👩‍👩‍👧", "é"])


@pytest.mark.parametrize(
    "given", ["\u3000trial ", "trial\t", "\ufefftrial\u200b", "\u00a0trial\r\n", "trial"]
)
def test_a_tag_is_trimmed(app: HttpApp, given: str) -> None:
    assert app.ask("PATCH /users/{openid}", {"tags": [given, "trial"]}).json["tags"] == ["trial"]


@pytest.mark.parametrize("given", ["\u3000café", "cafe\u0301 "])
def test_an_audiences_tag_is_that_of_its_users(app: HttpApp, given: str) -> None:
    campaign = {
        "name": "Evening",
        "message": {"type": "template", "template_id": "T1", "keywords": ["Ready"]},
        "audience": {"type": "tag", "tag": given},
    }
    answer = app.ask("POST /campaigns", campaign)
    assert (answer.status, answer.json["audience"]["tag"]) == (201, "café")
    assert app.ask("PATCH /users/{openid}", {"tags": [given]}).json["tags"] == ["café"]


@pytest.mark.parametrize("key", ["", "é", "鍵", "\x00", "a\tb", "\x7f", "x" * 256, "\ud800"])
def test_an_idempotency_key_that_is_no_plain_text_is_422(app: HttpApp, key: str) -> None:
    answer = app.ask("POST /messages", MESSAGE, headers={"idempotency-key": key})
    assert answer.status == 422
    assert answer.is_a_problem()


def test_quiet_hours_go_by_the_names_of_the_contract_only(app: HttpApp) -> None:
    ours = {"start": "22:00", "end": "08:00", "timezone": "Asia/Shanghai"}
    answer = app.ask("PATCH /me", {"quiet_hours": ours}, token=app.user)
    assert answer.status == 422
    assert "/quiet_hours/from" in answer.pointers
