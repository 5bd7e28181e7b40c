"""Bindings over HTTP: who may be bound to what, and what the app learns of it."""

import time
from typing import Any

import pytest
from support.bind_tickets import ticket
from support.http_app import Answer, HttpApp
from support.sample_apps import APPID, SECRET, SHOP
from support.sample_apps import app as sample_app

from minipush.domain.centre.bindings import MAX_BINDINGS
from minipush.errors import StoreError

BODY = {"appid": APPID, "openid": "oShop-anna"}
LATER = "2027-01-01T00:00:00.000Z"


@pytest.fixture
def app(app: HttpApp) -> HttpApp:
    app.apps.add(SHOP, SECRET)
    return app


def bind(app: HttpApp, user: str = "anna", **body: Any) -> Answer:
    given = {name: value for name, value in (BODY | body).items() if value is not None}
    return app.ask("POST /me/bindings", given, token=app.access.issue_session(user))


def of_app(app: HttpApp) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = app.ask("GET /centre/bindings", token=SECRET).json["items"]
    return items


def refusal(answer: Answer) -> str:
    """The reason that the page hands back; the answer is a problem document."""
    assert answer.is_a_problem()
    extra = answer.json["extra_data"]
    assert extra["bind"] is False
    return str(extra["errMsg"]).removeprefix("bind:fail ")


def test_a_user_binds_and_the_page_hands_the_answer_back(app: HttpApp) -> None:
    answer = bind(app, level="weak")
    key = answer.json["key"]
    assert answer.status == 201
    assert answer.json == {
        "key": key,
        "appid": APPID,
        "level": "weak",
        "confirmed": False,
        "extra_data": {"key": key, "bind": True, "errMsg": ""},
    }
    assert (key[0], len(key)) == ("b", 25)
    assert key.isalnum()


def test_a_user_who_says_nothing_lets_the_app_remind(app: HttpApp) -> None:
    assert bind(app).json["level"] == "strong"


def test_binding_again_is_the_same_binding(app: HttpApp) -> None:
    first, again = bind(app, level="weak"), bind(app)
    assert (again.status, again.json) == (200, first.json)


def test_a_ticket_of_the_app_confirms_the_binding(app: HttpApp) -> None:
    assert bind(app, ticket=ticket()).json["confirmed"] is True
    assert of_app(app)[0].items() >= {"openid": "oShop-anna", "confirmed": True}.items()


def test_a_ticket_confirms_a_binding_that_was_made_without(app: HttpApp) -> None:
    first = bind(app, openid="oShop-victim")
    again = bind(app, ticket=ticket())
    assert (again.status, again.json["key"], again.json["confirmed"]) == (200, first.json["key"], True)
    assert [one["openid"] for one in of_app(app)] == ["oShop-anna"]


def test_what_is_confirmed_stays_so_when_the_user_binds_without_a_ticket(app: HttpApp) -> None:
    bind(app, ticket=ticket())
    assert bind(app, openid="oShop-victim").json["confirmed"] is True
    assert [one["openid"] for one in of_app(app)] == ["oShop-anna"]


@pytest.mark.parametrize("secret", ["newer", "older"])
def test_both_live_secrets_sign_tickets(app: HttpApp, secret: str) -> None:
    newer = app.ask("POST /centre/app/secret", token=SECRET).json["secret"]
    signed = ticket(secret=newer if secret == "newer" else SECRET)
    assert bind(app, ticket=signed).json["confirmed"] is True


def test_a_secret_that_ended_signs_nothing(app: HttpApp) -> None:
    for letter in "xy":
        app.apps.add_secret(APPID, "mpa_" + letter * 40)
    assert refusal(bind(app, ticket=ticket())) == "invalid_ticket"


NOW = int(time.time())  # the app's clock was read a little earlier


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"secret": "mpa_" + "x" * 40}, id="forged"),
        pytest.param({"algorithm": "none", "secret": ""}, id="unsigned"),
        pytest.param({"exp": NOW - 60}, id="expired"),
        pytest.param({"exp": NOW + 660}, id="lives for eleven minutes"),
        pytest.param({"exp": None}, id="lives for good"),
        pytest.param({"exp": True}, id="expires at true"),
        pytest.param({"aud": "wx-another-hub"}, id="for another mini-program"),
        pytest.param({"aud": None}, id="for any mini-program"),
        pytest.param({"iss": "wx-another-app"}, id="of another app"),
        pytest.param({"iss": None}, id="of no app"),
        pytest.param({"sub": "oShop-victim"}, id="of another user"),
        pytest.param({"sub": None}, id="of no user"),
        pytest.param({"jti": None}, id="without an id"),
        pytest.param({"jti": ""}, id="with an empty id"),
    ],
)
def test_a_wrong_ticket_binds_nobody(app: HttpApp, wrong: dict[str, Any]) -> None:
    answer = bind(app, ticket=ticket(**wrong))
    assert (answer.status, refusal(answer)) == (422, "invalid_ticket")
    assert of_app(app) == []


@pytest.mark.parametrize("text", ["", "ticket", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_ticket_binds_nobody(app: HttpApp, text: str) -> None:
    assert refusal(bind(app, ticket=text)) == "invalid_ticket"
    assert of_app(app) == []


@pytest.mark.parametrize("thief", ["anna", "bo"])
def test_a_ticket_binds_once(app: HttpApp, thief: str) -> None:
    signed = ticket()
    assert bind(app, ticket=signed).status == 201
    answer = bind(app, thief, ticket=signed)
    assert (answer.status, refusal(answer)) == (409, "ticket_used")
    assert len(of_app(app)) == 1


def test_an_unknown_app_binds_nobody(app: HttpApp) -> None:
    answer = bind(app, appid="wx-unknown")
    assert (answer.status, refusal(answer)) == (404, "app_unknown")


def test_a_banned_app_binds_nobody(app: HttpApp) -> None:
    app.apps.apps[APPID] = sample_app(banned_until=app.now + 1)
    answer = bind(app)
    assert (answer.status, refusal(answer)) == (403, "app_banned")


@pytest.mark.parametrize("openid", [None, "", "undefined", "no openid", "x" * 65])
def test_without_an_openid_of_the_app_nobody_is_bound(app: HttpApp, openid: str | None) -> None:
    answer = bind(app, openid=openid)
    assert (answer.status, refusal(answer)) == (422, "openid_missing")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"appid": 7}, "app_unknown"),
        ({"appid": "x" * 65}, "app_unknown"),
        ({"openid": 7}, "openid_missing"),
        ({"openid": "x" * 1025}, "openid_missing"),
        ({"ticket": {}}, "invalid_ticket"),
        ({"ticket": "x" * 8193}, "invalid_ticket"),
        ({"level": "loud"}, "unavailable"),
        ({"level": "loud", "openid": 7}, "openid_missing"),
        ({"appName": "某某商城"}, "unavailable"),
    ],
)
def test_a_mistake_in_the_request_is_told_to_the_app_too(
    app: HttpApp, wrong: dict[str, Any], reason: str
) -> None:
    answer = bind(app, **wrong)
    assert (answer.status, refusal(answer)) == (422, reason)
    assert answer.json["errors"]


def test_a_body_that_is_no_json_is_told_to_the_app_too(app: HttpApp) -> None:
    answer = app.ask("POST /me/bindings", "{", token=app.access.issue_session("anna"))
    assert (answer.status, refusal(answer)) == (400, "unavailable")


def test_a_session_that_has_ended_is_told_to_the_app_too(app: HttpApp) -> None:
    answer = app.ask("POST /me/bindings", BODY, token="ended")
    assert (answer.status, refusal(answer)) == (401, "unavailable")


def test_a_problem_of_another_route_tells_an_app_nothing(app: HttpApp) -> None:
    answer = app.ask("GET /me/bindings", token="ended")
    assert answer.is_a_problem()
    assert "extra_data" not in answer.json


def test_a_user_binds_a_hundred_apps(app: HttpApp) -> None:
    for number in range(MAX_BINDINGS):
        app.apps.add(sample_app(appid=f"wx{number}"), f"mpa_{number}")
        assert bind(app, appid=f"wx{number}").status == 201
    answer = bind(app)
    assert (answer.status, refusal(answer)) == (409, "too_many_bindings")


def test_the_app_learns_that_the_centre_is_out_of_order(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError

    monkeypatch.setattr(app.bindings, "add", fail)
    answer = bind(app)
    assert (answer.status, refusal(answer)) == (503, "unavailable")


def test_a_user_lists_own_bindings_with_the_registered_names(app: HttpApp) -> None:
    key = bind(app).json["key"]
    bind(app, "bo")
    [listed] = app.ask("GET /me/bindings", token=app.user).json["items"]
    assert listed.items() >= {"key": key, "appid": APPID, "name": SHOP.name, "do_not_disturb": None}.items()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "changes", [{"level": "none"}, {"do_not_disturb": {"until": LATER}}, {"do_not_disturb": {}}]
)
def test_a_user_changes_what_an_app_may_do(app: HttpApp, method: str, changes: dict[str, Any]) -> None:
    path = {"key": bind(app).json["key"]}
    answer = app.ask(f"{method} /me/bindings/{{key}}", changes, token=app.user, path=path)
    assert answer.status == 200
    assert answer.json.items() >= changes.items()
    assert app.ask("GET /me/bindings", token=app.user).json["items"] == [answer.json]


def test_another_users_binding_is_unknown(app: HttpApp) -> None:
    path = {"key": bind(app, "bo").json["key"]}
    for route in ("PATCH /me/bindings/{key}", "DELETE /me/bindings/{key}"):
        body = {"level": "none"} if route.startswith("PATCH") else None
        assert app.ask(route, body, token=app.user, path=path).status == 404
    assert of_app(app)[0]["active"] is True


def test_a_binding_that_ended_is_gone_and_the_next_one_has_another_key(app: HttpApp) -> None:
    key = bind(app).json["key"]
    assert app.ask("DELETE /me/bindings/{key}", token=app.user, path={"key": key}).status == 204
    assert app.ask("GET /me/bindings", token=app.user).json == {"items": [], "next_cursor": None}
    assert of_app(app) == []
    again = bind(app)
    assert again.status == 201
    assert again.json["key"] != key


def test_an_app_sees_what_it_may_and_no_user_of_this_mini_program(app: HttpApp) -> None:
    key = bind(app, level="none").json["key"]
    assert of_app(app) == [{"key": key, "openid": "oShop-anna", "confirmed": False, "active": False}]


def test_an_app_lists_its_bindings_page_by_page(app: HttpApp) -> None:
    for user in ("anna", "bo", "cleo"):
        bind(app, user, openid=f"oShop-{user}")
    first = app.ask("GET /centre/bindings", token=SECRET, query={"limit": "2"}).json
    cursor = first["next_cursor"]
    second = app.ask("GET /centre/bindings", token=SECRET, query={"limit": "2", "cursor": cursor}).json
    listed = [one["openid"] for one in first["items"] + second["items"]]
    assert sorted(listed) == ["oShop-anna", "oShop-bo", "oShop-cleo"]
    assert second["next_cursor"] is None


def test_an_app_confirms_a_binding(app: HttpApp) -> None:
    path = {"key": bind(app).json["key"]}
    route = "POST /centre/bindings/{key}/confirm"
    for _ in range(2):
        answer = app.ask(route, {"openid": "oShop-anna"}, token=SECRET, path=path)
        assert (answer.status, answer.json["confirmed"]) == (200, True)
    assert of_app(app)[0]["confirmed"] is True


def test_an_app_does_not_confirm_an_openid_that_somebody_else_claimed(app: HttpApp) -> None:
    path = {"key": bind(app, "bo", openid="oShop-anna").json["key"]}
    answer = app.ask("POST /centre/bindings/{key}/confirm", {"openid": "oShop-bo"}, token=SECRET, path=path)
    assert (answer.status, answer.is_a_problem()) == (409, True)
    assert of_app(app)[0]["confirmed"] is False


def test_an_app_ends_a_binding_of_its_own_alone(app: HttpApp) -> None:
    other = sample_app(appid="wx-other")
    app.apps.add(other, "mpa_other")
    path = {"key": bind(app).json["key"]}
    assert app.ask("DELETE /centre/bindings/{key}", token="mpa_other", path=path).status == 404
    assert app.ask("DELETE /centre/bindings/{key}", token=SECRET, path=path).status == 204
    assert app.ask("GET /me/bindings", token=app.user).json == {"items": [], "next_cursor": None}


def test_a_binding_key_is_no_credential(app: HttpApp) -> None:
    key = bind(app).json["key"]
    for route in ("GET /centre/app", "GET /centre/bindings", "GET /me/bindings"):
        assert app.ask(route, token=key).status == 401
