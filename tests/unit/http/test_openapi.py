"""The description says what the routes do."""

import json
from typing import Any

import jsonschema
import pytest
import schemathesis
from support.http_app import KEY, HttpApp

from local.openapi import description
from minipush import __version__
from minipush.http.edge.bodies import METHODS_WITH_BODY
from minipush.http.edge.openapi import FILE, document
from minipush.http.routes import callback, message_centre, mini_program, operators

DESCRIPTION: dict[str, Any] = json.loads(document())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in DESCRIPTION["paths"].items()
    for method, operation in item.items()
}
EXAMPLES = [
    pytest.param(route, example, id=f"{route} {number}")
    for route, operation in OPERATIONS.items()
    if "requestBody" in operation and route not in callback.ROUTES
    for number, example in enumerate(
        DESCRIPTION["components"]["schemas"][
            operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        ]["examples"]
    )
]

WITHOUT_APPS = [
    route
    for route, operation in OPERATIONS.items()
    if route.startswith(METHODS_WITH_BODY)
    and route not in callback.ROUTES
    and {"app": []} not in operation["security"]
]


def test_the_committed_description_is_what_the_routes_say() -> None:
    assert FILE.read_text() == description()


def test_it_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(DESCRIPTION).validate()


def test_no_schema_is_named_after_a_module() -> None:
    """As pydantic does where two of them have one name."""
    assert [name for name in DESCRIPTION["components"]["schemas"] if "__" in name] == []


def test_it_has_the_version_of_the_package() -> None:
    assert DESCRIPTION["info"]["version"] == __version__


def test_it_describes_every_route() -> None:
    assert {*OPERATIONS, "GET /openapi.json"} == {
        *mini_program.ROUTES,
        *operators.ROUTES,
        *message_centre.ROUTES,
        *callback.ROUTES,
    }


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalpha() for name in names)
    assert all(operation["summary"] and operation["tags"] for operation in OPERATIONS.values())


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_operation_tells_who_may_call_it(route: str) -> None:
    wanted = {**mini_program.ROUTES, **operators.ROUTES, **message_centre.ROUTES, **callback.ROUTES}[route]
    scopes = wanted if isinstance(wanted, tuple) else (wanted,) if wanted else ()
    expected = {
        "user": {"session": list[str]()},
        "app": {"app": []},
        "own_app": {"app": []},
        "operator": {"operator": []},
    }
    alternatives = [expected.get(scope, {"operator": [scope]}) for scope in scopes]
    assert OPERATIONS[route]["security"] == alternatives


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_error_is_a_problem_document(route: str) -> None:
    responses = OPERATIONS[route]["responses"]
    errors = {status: response for status, response in responses.items() if not status.startswith("2")}
    # WeChat repeats whatever isn't 200, and reads no Retry-After.
    ours = {"500"} if route in callback.ROUTES else {"500", "503"}
    assert ours <= set(errors)
    for response in errors.values():
        [schema] = [content["schema"] for content in response["content"].values()]
        assert schema == {"$ref": "#/components/schemas/Problem"}
        assert "application/problem+json" in response["content"]


@pytest.mark.parametrize("route", WITHOUT_APPS)
def test_a_body_is_checked_also_where_none_is_needed(app: HttpApp, route: str) -> None:
    """The app of these tests refuses answers that are not described."""
    of_user = {**mini_program.ROUTES, **message_centre.ROUTES}.get(route) == "user"
    assert app.ask(route, "{", token=app.user if of_user else KEY).status == 400


@pytest.mark.parametrize(("route", "example"), EXAMPLES)
def test_the_examples_keep_to_their_schema(route: str, example: Any) -> None:
    schema = OPERATIONS[route]["requestBody"]["content"]["application/json"]["schema"]
    jsonschema.validate(example, schema | {"components": DESCRIPTION["components"]})


@pytest.mark.parametrize(("route", "example"), EXAMPLES)
def test_the_examples_are_good_requests(app: HttpApp, route: str, example: Any) -> None:
    of_user = {**mini_program.ROUTES, **message_centre.ROUTES}.get(route) == "user"
    token = app.user if of_user else KEY
    # The examples of log-ins have a code that nobody got from WeChat, and a key that nobody has. There is nothing to change, to
    # verify or to decide, and the key is no app's.
    others = {
        "POST /session": 401,
        "POST /console/session": 401,
        "POST /campaigns": 201,
        "PATCH /campaigns/{campaign_id}": 404,
        "POST /me/inbox/{message_id}/complaint": 404,
        "POST /centre/complaints/{complaint_id}/decision": 404,
        "POST /centre/apps/{appid}/sanctions": 404,
        "POST /centre/sanctions/{sanction_id}/lift": 404,
        "POST /centre/appeals/{appeal_id}/decision": 404,
        "POST /centre/app/appeals": 403,
        "POST /centre/messages": 403,
        "POST /centre/broadcasts": 403,
        "POST /centre/apps": 201,
        "PATCH /centre/apps/{appid}": 404,
        "POST /me/bindings": 404,
        "PUT /me/bindings/{key}": 404,
        "PATCH /me/bindings/{key}": 404,
        "POST /centre/bindings/{key}/confirm": 403,
        "POST /me/keys": 201,
        "PUT /me/keys/{id}": 404,
        "PATCH /me/keys/{id}": 404,
        "PUT /me/channels/{kind}": 202,
        "POST /me/channels/{kind}/verify": 404,
    }
    expected = others.get(route, 200)
    # The deployment has no official account.
    expected = 409 if example.get("type") == "official" else expected
    assert app.ask(route, example, token=token).status == (200 if example.get("dry_run") else expected)
