"""Personal keys over HTTP."""

from typing import Any

import pytest
from support.http_app import Answer, HttpApp

from minipush.domain.centre.message_ids import key_ref
from minipush.domain.centre.personal_keys import MAX_KEYS
from minipush.domain.timestamps import iso

LATER = "2027-01-01T00:00:00.000Z"


def make(app: HttpApp, user: str = "anna", **fields: Any) -> Answer:
    return app.ask("POST /me/keys", {"label": "服务器"} | fields, token=app.access.issue_session(user))


def test_a_key_is_shown_once_with_the_address_to_push_to(app: HttpApp) -> None:
    answer = make(app)
    key = answer.json["key"]
    assert answer.status == 201
    assert (key[0], key.isalnum(), len(key)) == ("k", True, 25)
    assert (answer.json["id"], answer.json["push_url"]) == (key_ref(key), f"https://push.example/p/{key}")
    listed = app.ask("GET /me/keys", token=app.user)
    assert [one["id"] for one in listed.json["items"]] == [key_ref(key)]
    assert key not in listed.raw["body"]


def test_a_key_is_strong_and_lives_unless_the_user_says_otherwise(app: HttpApp) -> None:
    expected = {"label": "服务器", "level": "strong", "expires_at": None, "paused": False}
    assert make(app).json.items() >= expected.items()


def test_a_user_says_what_a_key_may_do(app: HttpApp) -> None:
    fields: dict[str, Any] = {"level": "weak", "expires_at": LATER, "paused": True}
    assert make(app, **fields).json.items() >= fields.items()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "changes", [{"label": "新"}, {"level": "none"}, {"expires_at": LATER}, {"paused": True}]
)
def test_a_change_is_kept_and_leaves_the_rest(app: HttpApp, method: str, changes: dict[str, Any]) -> None:
    made = {name: value for name, value in make(app).json.items() if name not in ("key", "push_url")}
    answer = app.ask(f"{method} /me/keys/{{id}}", changes, token=app.user, path={"id": made["id"]})
    assert (answer.status, answer.json) == (200, made | changes)
    assert app.ask("GET /me/keys", token=app.user).json["items"] == [made | changes]


@pytest.mark.parametrize("route", ["POST /me/keys", "PATCH /me/keys/{id}", "PUT /me/keys/{id}"])
def test_a_key_does_not_expire_in_the_past(app: HttpApp, route: str) -> None:
    body = {"label": "服务器", "expires_at": iso(app.now)}
    answer = app.ask(route, body, token=app.user, path={"id": make(app).json["id"]})
    assert (answer.status, [mistake["pointer"] for mistake in answer.json["errors"]]) == (
        422,
        ["/expires_at"],
    )


def test_a_user_has_twenty_keys_at_most(app: HttpApp) -> None:
    ids = [make(app).json["id"] for _ in range(MAX_KEYS)]
    refused = make(app)
    assert (refused.status, refused.is_a_problem()) == (409, True)
    assert app.ask("DELETE /me/keys/{id}", token=app.user, path={"id": ids[0]}).status == 204
    assert make(app).status == 201


def test_another_users_key_is_unknown(app: HttpApp) -> None:
    path = {"id": make(app, "bo").json["id"]}
    for route in ("PATCH /me/keys/{id}", "DELETE /me/keys/{id}"):
        body = {"paused": True} if route.startswith("PATCH") else None
        assert app.ask(route, body, token=app.user, path=path).status == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"label": ""}, "/label"),
        ({"level": "loud"}, "/level"),
        ({"expires_at": "soon"}, "/expires_at"),
        ({"key": "kmine"}, "/key"),
    ],
)
def test_a_wrong_key_is_422_and_named(app: HttpApp, fields: dict[str, Any], pointer: str) -> None:
    answer = make(app, **fields)
    assert (answer.status, answer.pointers) == (422, [pointer])
