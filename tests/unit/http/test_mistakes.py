"""What a refused request is told: in plain words, in the order of its body."""

from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.http.edge.mistakes import in_order

MESSAGE = {"type": "template", "template_id": "T1", "touser": "anna", "keywords": ["a"]}
CAMPAIGN = {
    "name": "Evening",
    "message": {"type": "template", "template_id": "T1", "keywords": ["a"]},
    "audience": {"type": "all"},
}
PLACEHOLDERS = ["undefined", "null", "NaN", "None", "true", "false", "0"]


@pytest.mark.parametrize(
    ("route", "body", "told"),
    [
        ("POST /messages", None, {"": "the body is empty: a JSON object is expected"}),
        ("POST /messages", MESSAGE | {"touser": 5}, {"/touser": "expected an openid or a list of openids"}),
        ("POST /messages", MESSAGE | {"touser": []}, {"/touser": "expected at least 1 entry"}),
        (
            "POST /messages",
            MESSAGE | {"touser": ["a"] * 101},
            {"/touser": "expected at most 100 entries"},
        ),
        (
            "POST /messages",
            MESSAGE | {"type": "sms"},
            {"/type": "expected 'template', 'subscribe' or 'official'"},
        ),
        (
            "POST /messages",
            MESSAGE | {"template_id": "T 1"},
            {"/template_id": "expected 1 to 64 letters, digits, _ and -"},
        ),
        ("POST /messages", MESSAGE | {"essential": "yes"}, {"/essential": "expected true or false"}),
        ("POST /messages", MESSAGE | {"to_user": "a"}, {"/to_user": "there is no such field"}),
        ("POST /campaigns", CAMPAIGN | {"message": "hi"}, {"/message": "expected an object"}),
        ("POST /campaigns", CAMPAIGN | {"name": " \u3000\n"}, {"/name": "the name has only blanks"}),
        ("POST /campaigns", CAMPAIGN | {"name": "n" * 201}, {"/name": "expected at most 200 characters"}),
        ("POST /campaigns", CAMPAIGN | {"max_per_second": 0}, {"/max_per_second": "expected 1 or more"}),
        (
            "POST /campaigns",
            CAMPAIGN | {"audience": {"type": "some"}},
            {"/audience": "the field type must be one of 'all', 'openids', 'tag', 'expiring'"},
        ),
        (
            "PATCH /users/{openid}",
            {"tags": ["a\0"]},
            {"/tags/0": "expected 1 to 64 characters, none of them a control character"},
        ),
    ],
)
def test_a_mistake_is_told_in_plain_words(app: HttpApp, route: str, body: Any, told: dict[str, str]) -> None:
    answer = app.ask(route, body)
    assert answer.status == 422
    assert {error["pointer"]: error["detail"] for error in answer.json["errors"]} == told


def test_a_parameter_of_a_wrong_form_is_told_in_plain_words(app: HttpApp) -> None:
    limit = app.ask("GET /campaigns", query={"limit": "many"})
    assert limit.json["errors"] == [{"pointer": "/limit", "detail": "expected a whole number (query)"}]
    version = app.ask("GET /me/next-ask", query={"sdk_version": "newest"}, token=app.user)
    told = "expected a version such as 3.12.1 (query)"
    assert version.json["errors"] == [{"pointer": "/sdk_version", "detail": told}]


def test_mistakes_come_in_the_order_of_the_body(app: HttpApp) -> None:
    body = {"zeta": 1, "touser": 5, "keywords": ["a", 1, 2], "template_id": ""}
    answer = app.ask("POST /messages", body)
    assert answer.pointers == ["/zeta", "/touser", "/keywords/1", "/keywords/2", "/template_id", "/type"]


def test_rejected_entries_come_in_their_order(app: HttpApp) -> None:
    app.ask("POST /templates/sync")
    body = {
        "form_ids": [{"form_id": "good"}, {"form_id": "undefined"}],
        "subscriptions": [
            {"id": "1", "template_id": "S9", "result": "accept"},
            {"id": "2", "template_id": "S1", "result": "reject"},
            5,
        ],
    }
    answer = app.ask("POST /collect", body, token=app.user)
    places = [entry["pointer"] for entry in answer.json["rejected"]]
    assert places == ["/form_ids/1", "/subscriptions/0", "/subscriptions/1", "/subscriptions/2"]


def test_thousands_of_wrong_fields_are_put_in_order_at_once() -> None:
    body = {f"f{n}": n for n in range(20_000)}
    faults = [(f"/f{n}", "wrong") for n in reversed(range(20_000))]
    assert in_order(faults, body) == faults[::-1]


def test_a_place_that_the_body_lacks_comes_after_what_it_has() -> None:
    body = {"list": [{"a": 1}], "a/b": 2}
    faults = [(pointer, "") for pointer in ("/gone/0/x", "/a~1b", "/list/0/gone", "/list/0/a", "/list/7/x")]
    places = [pointer for pointer, _ in in_order(faults, body)]
    assert places == ["/list/0/a", "/list/0/gone", "/list/7/x", "/a~1b", "/gone/0/x"]


@pytest.mark.parametrize("text", [*PLACEHOLDERS, "[object Object]"])
def test_what_only_looks_like_an_id_is_none_for_a_back_end(app: HttpApp, text: str) -> None:
    [result] = app.ask("POST /messages", MESSAGE | {"touser": text}).json["results"]
    assert (result["status"], result["reason"]) == ("failed", "invalid_openid")
    assert app.ask("POST /messages", MESSAGE | {"template_id": text}).pointers == ["/template_id"]
    assert app.ask("GET /users/{openid}", openid=text).pointers == ["/openid"]
    assert app.ask("PATCH /users/{openid}", {}, openid=text).pointers == ["/openid"]
    permits = app.ask("POST /users/{openid}/permits", {}, openid=text)
    assert permits.pointers == ["/openid"]
    message = CAMPAIGN["message"] | {"template_id": text}  # type: ignore[operator]
    assert app.ask("POST /campaigns", CAMPAIGN | {"message": message}).pointers == ["/message/template_id"]
    targets = {"templates": [{"template_id": text, "wanted": 1}]}
    assert app.ask("PUT /templates/stock", targets).pointers == ["/templates/0/template_id"]


@pytest.mark.parametrize(
    ("steps", "refused", "told"),
    [
        ([], "resume", "The campaign is running. That allows pause and cancel only."),
        (["pause"], "pause", "The campaign is paused. That allows resume and cancel only."),
        (["cancel"], "pause", "The campaign is cancelled. That is final: it allows no step."),
    ],
)
def test_a_step_that_is_refused_is_told_which_are_allowed(
    app: HttpApp, steps: list[str], refused: str, told: str
) -> None:
    made = app.ask("POST /campaigns", CAMPAIGN).json["id"]
    for step in steps:
        app.ask(f"POST /campaigns/{{campaign_id}}/{step}", campaign_id=made)
    answer = app.ask(f"POST /campaigns/{{campaign_id}}/{refused}", campaign_id=made)
    assert (answer.status, answer.json["detail"]) == (409, told)
