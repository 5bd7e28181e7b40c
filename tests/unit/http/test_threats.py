"""What somebody with a stolen credential reaches: each route of the API is tried with each."""

import json
from typing import Any

import pytest
from support.http_app import KEY, HttpApp
from support.sample_apps import SECRET, SHOP

from minipush.http.edge.openapi import document
from minipush.http.edge.scopes import OPERATOR_SCOPES, Routes, Scope
from minipush.http.routes import callback, message_centre, mini_program, operators

ROUTES: Routes = {**mini_program.ROUTES, **operators.ROUTES, **message_centre.ROUTES}
DESCRIPTION: dict[str, Any] = json.loads(document())
OF_APPS = {Scope.APP, Scope.OWN_APP}
OPEN = {route for route, wanted in ROUTES.items() if wanted is None}


def scopes(route: str) -> set[Scope]:
    wanted = ROUTES[route]
    return set(wanted) if isinstance(wanted, tuple) else {wanted} if wanted else set()


def closed_to(*allowed: Scope) -> list[str]:
    return [route for route in ROUTES if route not in OPEN and scopes(route).isdisjoint(allowed)]


def ask(app: HttpApp, route: str, token: str | None) -> int:
    path = {"appid": "wx1", "key": "k1", "id": "i1", "message_id": "0" * 32, "kind": "email"}
    ids = {f"{name}_id": "x1" for name in ("complaint", "sanction", "appeal")}
    body: Any = None if route.startswith("GET ") else {}
    return app.ask(route, body, token=token, path=path | ids).status


def test_the_routes_without_a_credential_are_these() -> None:
    assert {*OPEN, *callback.ROUTES} == {
        "GET /health",
        "GET /openapi.json",
        "POST /session",
        "POST /console/session",
        "DELETE /console/session",
        *callback.ROUTES,
    }


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in OPEN])
def test_nothing_opens_without_a_credential(app: HttpApp, route: str) -> None:
    assert ask(app, route, None) == 401


@pytest.mark.parametrize("route", closed_to(Scope.USER))
def test_a_session_opens_its_users_routes_alone(app: HttpApp, route: str) -> None:
    assert ask(app, route, app.user) == 403


@pytest.mark.parametrize("route", closed_to(Scope.OPERATOR, *OPERATOR_SCOPES))
def test_an_operator_key_opens_no_route_of_users_and_apps(app: HttpApp, route: str) -> None:
    assert ask(app, route, KEY) == 403


@pytest.mark.parametrize("route", closed_to(*OF_APPS))
def test_an_apps_secret_opens_its_own_routes_alone(app: HttpApp, route: str) -> None:
    app.apps.add(SHOP, SECRET)
    expected = 403 if route in message_centre.ROUTES else 401
    assert ask(app, route, SECRET) == expected


def test_a_session_names_its_user_and_no_request_does() -> None:
    """The app's openid of a binding is another one: it counts once the app has confirmed it."""
    named = [
        route
        for route in ROUTES
        if Scope.USER in scopes(route)
        and "openid" in json.dumps(inputs(route))
        and route != "POST /me/bindings"
    ]
    assert named == []


def inputs(route: str) -> Any:
    method, _, path = route.partition(" ")
    operation = DESCRIPTION["paths"][path][method.lower()]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = DESCRIPTION["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {})
    return [operation.get("parameters", []), list(body.get("properties", {}))]


def test_a_new_session_key_ends_every_session(app: HttpApp) -> None:
    stolen = app.user
    assert app.ask("GET /me", token=stolen).status == 200
    app.secret["session_key"] = "t" * 64
    assert app.ask("GET /me", token=stolen).status == 401
    assert app.ask("GET /me", token=app.user).status == 200


def test_a_revoked_operator_key_opens_nothing_and_the_others_go_on(app: HttpApp) -> None:
    app.secret["operator_keys"] = [key for key in app.secret["operator_keys"] if key["name"] != "backend"]
    assert app.ask("GET /pool", token=KEY).status == 401
    assert app.ask("GET /pool", token="mp_reader").status == 200


def test_a_session_sends_no_message_and_reads_no_other_user(app: HttpApp) -> None:
    message = {"type": "subscribe", "template_id": "S1", "touser": "bo", "data": {}}
    assert app.ask("POST /messages", message, token=app.user).status == 403
    assert app.ask("GET /users/{openid}", token=app.user, openid="bo").status == 403
    assert app.ask("GET /users/{openid}", token=app.user, openid="anna").status == 403
