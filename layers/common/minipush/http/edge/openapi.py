"""The OpenAPI description: generated from the routes, committed, and served from the committed file."""

import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipush.http.edge.bodies import METHODS_WITH_BODY
from minipush.http.edge.callback_description import PATHS, TEXT, WECHAT
from minipush.http.edge.problems import MEDIA_TYPE
from minipush.http.edge.scopes import Routes, Scope, Scopes

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

FILE = Path(__file__).with_name("openapi.json")
METHODS = ("get", "head", "post", "put", "patch", "delete")
# Every path with GET has HEAD, too. The description doesn't mention it.
AS_GET = {"head": "get"}
VERSION = "3.1.0"
# A template of OpenAPI can't tell of texts with slashes, as pushes by key have. The page is for people and mail programs.
NOT_DESCRIBED = {
    "/openapi.json": ("get",),
    "/p/{path+}": ("get", "post"),
    "/push": ("post",),
    "/centre/unsubscribe": ("get", "post"),
}
ABOUT = (
    "A deployment has the routes under Message centre with MessageCentre=on, and /wechat/official/callback with an official "
    "account; otherwise they are 404. Pushes by key (/p/…, /push) are not described here: they have the addresses and answers "
    "of Bark's server and of ServerChan. Neither is /centre/unsubscribe, a page. docs/centre.md describes both."
)

BODY_ERRORS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
ACCESS_ERRORS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
OWN_ERRORS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
CAMPAIGN_ERRORS = (HTTPStatus.NOT_FOUND,)
STEP_ERRORS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
PUSH_ERRORS = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)
MORE_ERRORS = {
    "log_in": (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS),
    "start_console_session": (
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.TOO_MANY_REQUESTS,
    ),
    "end_console_session": (HTTPStatus.FORBIDDEN,),
    "name_my_channel": (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS),
    "verify_my_channel": (HTTPStatus.NOT_FOUND,),
    "test_my_channel": (HTTPStatus.NOT_FOUND, HTTPStatus.TOO_MANY_REQUESTS),
    "update_me": (HTTPStatus.TOO_MANY_REQUESTS,),
    "put_me": (HTTPStatus.TOO_MANY_REQUESTS,),
    "send_messages": (HTTPStatus.CONFLICT,),
    "create_campaign": (HTTPStatus.CONFLICT,),
    "read_campaign": CAMPAIGN_ERRORS,
    "edit_campaign": (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    "list_campaign_events": CAMPAIGN_ERRORS,
    "read_campaign_timeline": CAMPAIGN_ERRORS,
    "list_recipients": CAMPAIGN_ERRORS,
    "read_recipient": (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    "register_app": (HTTPStatus.CONFLICT,),
    "read_app": (HTTPStatus.NOT_FOUND,),
    "update_app": (HTTPStatus.NOT_FOUND,),
    "renew_app_secret": (HTTPStatus.NOT_FOUND,),
    "read_own_app": (HTTPStatus.NOT_FOUND,),
    "bind_app": (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    "update_binding": (HTTPStatus.NOT_FOUND,),
    "put_binding": (HTTPStatus.NOT_FOUND,),
    "end_binding": (HTTPStatus.NOT_FOUND,),
    "confirm_binding": (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    "end_app_binding": (HTTPStatus.NOT_FOUND,),
    "make_personal_key": (HTTPStatus.CONFLICT,),
    "update_personal_key": (HTTPStatus.NOT_FOUND,),
    "put_personal_key": (HTTPStatus.NOT_FOUND,),
    "delete_personal_key": (HTTPStatus.NOT_FOUND,),
    "push_messages": PUSH_ERRORS,
    "read_receipt": (HTTPStatus.NOT_FOUND,),
    "recall_message": (HTTPStatus.NOT_FOUND,),
    "start_broadcast": PUSH_ERRORS,
    "list_templates": (HTTPStatus.CONFLICT,),
    "sync_templates": (HTTPStatus.CONFLICT,),
    "sync_followers": (HTTPStatus.CONFLICT,),
    "read_follower_sync": (HTTPStatus.CONFLICT,),
    "pause_campaign": STEP_ERRORS,
    "resume_campaign": STEP_ERRORS,
    "cancel_campaign": STEP_ERRORS,
    "complain": (HTTPStatus.NOT_FOUND,),
    "decide_complaint": STEP_ERRORS,
    "sanction_app": (HTTPStatus.NOT_FOUND,),
    "lift_sanction": STEP_ERRORS,
    "read_record": (HTTPStatus.NOT_FOUND,),
    "appeal_sanction": STEP_ERRORS,
    "decide_appeal": STEP_ERRORS,
}

SECURITY_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token from POST /session.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "An operator key with the scope that the route requires.",
    },
    "app": {
        "type": "http",
        "scheme": "bearer",
        "description": "The secret of an app of the message centre.",
    },
}
NO_CONTENT = "204"
UNDESCRIBED = "Successful Response"
REQUEST_ID = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Quote it when you ask for support."}
}

PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "A URL in docs/errors.md."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {
            "type": "string",
            "description": "content_blocked: WeChat objects to the text. sending_off: an operator has switched sending off.",
        },
        "extra_data": {
            "type": "object",
            "description": "Of POST /me/bindings: what the page hands back to the app, unchanged.",
            "properties": {"bind": {"type": "boolean"}, "errMsg": {"type": "string"}},
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


@cache
def document() -> str:
    return FILE.read_text(encoding="utf-8")


@cache
def _paths() -> list[tuple[re.Pattern[str], list[str]]]:
    described = json.loads(document())["paths"] | NOT_DESCRIBED
    return [
        (
            _pattern(path),
            [method.upper() for method in METHODS if AS_GET.get(method, method) in item],
        )
        for path, item in described.items()
    ]


def _pattern(path: str) -> re.Pattern[str]:
    one = re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(path))
    return re.compile(re.sub(r"\\\{\w+\\\+\\\}", r"(?s:.+)", one))


def allowed_methods(path: str) -> list[str]:
    """The methods of the path that matches; none if no path matches."""
    return next((methods for pattern, methods in _paths() if pattern.fullmatch(path)), [])


@cache
def query_names(route: str) -> frozenset[str]:
    """The query parameters that a described route takes."""
    method, _, path = route.partition(" ")
    operation = json.loads(document())["paths"].get(path, {}).get(method.lower(), {})
    return frozenset(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")


def describe(version: str, apps: "Mapping[str, tuple[APIGatewayHttpResolver, Routes]]") -> dict[str, Any]:
    """One description of the routes of several functions, each function under its own heading."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    for heading, (app, routes) in apps.items():
        part = json.loads(app.get_openapi_json_schema(title="minipush", version=version))
        for path, item in part["paths"].items():
            for method, operation in item.items():
                route = f"{method.upper()} {path}"
                _complete(operation, heading, route, routes[route])
            paths.setdefault(path, {}).update(item)
        schemas |= part["components"]["schemas"]
    for path, (check, push) in PATHS.items():
        paths[path] = {"get": _called_by_wechat(check), "post": _called_by_wechat(push)}
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return {
        "openapi": VERSION,
        "info": {
            "title": "minipush",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": heading} for heading in (*apps, WECHAT)],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY_SCHEMES},
    }


def _called_by_wechat(operation: Mapping[str, Any]) -> dict[str, Any]:
    errors = sorted({*operation["errors"], HTTPStatus.INTERNAL_SERVER_ERROR})
    done = {"description": "Done", "headers": REQUEST_ID, "content": TEXT}
    described = {name: value for name, value in operation.items() if name != "errors"}
    responses = {"200": done} | {str(status.value): _problem(status) for status in errors}
    return {**described, "tags": [WECHAT], "security": [], "responses": responses}


def _complete(operation: dict[str, Any], heading: str, route: str, wanted: Scopes | None) -> None:
    operation["tags"] = [heading]
    scopes = wanted if isinstance(wanted, tuple) else (wanted,)
    operation["security"] = [_security(scope) for scope in scopes if scope]
    responses = operation["responses"]
    responses.pop("422", None)
    responses.get(NO_CONTENT, {}).pop("content", None)
    for response in responses.values():
        response["headers"] = REQUEST_ID
        if response["description"] == UNDESCRIBED:
            response["description"] = "Done"
    responses |= {str(status.value): _problem(status) for status in sorted(_errors(operation, route, wanted))}


def _security(scope: Scope) -> dict[str, list[str]]:
    if scope is Scope.USER:
        return {"session": []}
    if scope in (Scope.APP, Scope.OWN_APP):
        return {"app": []}
    return {"operator": [] if scope is Scope.OPERATOR else [scope.value]}


def _errors(operation: dict[str, Any], route: str, wanted: Scopes | None) -> set[HTTPStatus]:
    errors = {*OWN_ERRORS, *MORE_ERRORS.get(operation["operationId"], ())}
    if wanted:
        errors.update(ACCESS_ERRORS)
    # A route that needs no body checks one that comes.
    if route.startswith(METHODS_WITH_BODY):
        errors.update(BODY_ERRORS)
    if "parameters" in operation:
        errors.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return errors


def _problem(status: HTTPStatus) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": status.phrase,
        "headers": REQUEST_ID,
        "content": {MEDIA_TYPE: {"schema": schema}},
    }
