"""The OpenAPI description: made from the routes, committed, and served as it was committed."""

import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.callback_description import CHECK, PATH, PUSH, TEXT, WECHAT
from minipush.http.edge.problems import MEDIA_TYPE

FILE = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")
VERSION = "3.1.0"

ERRORS_OF_A_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
ERRORS_OF_ACCESS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
ERRORS_OF_OURS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
ERRORS_OF_A_CAMPAIGN = (HTTPStatus.NOT_FOUND,)
# A step takes no body, but one that comes is looked at.
ERRORS_OF_A_STEP = (*ERRORS_OF_A_BODY, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
ERRORS_BESIDES = {
    "log_in": (HTTPStatus.UNAUTHORIZED,),
    "send_messages": (HTTPStatus.CONFLICT,),
    "make_campaign": (HTTPStatus.CONFLICT,),
    "read_campaign": ERRORS_OF_A_CAMPAIGN,
    "list_recipients": ERRORS_OF_A_CAMPAIGN,
    "sync_templates": ERRORS_OF_A_BODY,
    "pause_campaign": ERRORS_OF_A_STEP,
    "resume_campaign": ERRORS_OF_A_STEP,
    "cancel_campaign": ERRORS_OF_A_STEP,
}

SECURITY_SCHEMES = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "What POST /session answered.",
    },
    "operator": {
        "type": "http",
        "scheme": "bearer",
        "description": "An operator key, with the scope that the route asks for.",
    },
}
UNDESCRIBED = "Successful Response"
REQUEST_ID = {"X-Request-Id": {"schema": {"type": "string"}, "description": "To ask about in support."}}

PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reason": {"type": "string", "description": "content_blocked: WeChat objects to the text."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "Into the body, as RFC 6901 has it."},
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
    described = json.loads(document())["paths"] | {"/openapi.json": {"get": {}}}
    return [
        (
            re.compile(re.sub(r"\\\{\w+\\\}", r"[^/]+", re.escape(path))),
            [method.upper() for method in METHODS if method in item],
        )
        for path, item in described.items()
    ]


def allowed_methods(path: str) -> list[str]:
    """Of the described path that this one is; none where there is no such."""
    return next((methods for pattern, methods in _paths() if pattern.fullmatch(path)), [])


@cache
def query_names(route: str) -> frozenset[str]:
    """The query parameters that a described route takes."""
    method, _, path = route.partition(" ")
    operation = json.loads(document())["paths"].get(path, {}).get(method.lower(), {})
    return frozenset(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")


def describe(version: str, apps: Mapping[str, tuple[APIGatewayHttpResolver, Routes]]) -> dict[str, Any]:
    """One description of all the routes of several functions, each under its heading."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    for heading, (app, routes) in apps.items():
        part = json.loads(app.get_openapi_json_schema(title="minipush", version=version))
        for path, item in part["paths"].items():
            for method, operation in item.items():
                _complete(operation, heading, routes[f"{method.upper()} {path}"])
            paths.setdefault(path, {}).update(item)
        schemas |= part["components"]["schemas"]
    paths[PATH] = {"get": _called_by_wechat(CHECK), "post": _called_by_wechat(PUSH)}
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return {
        "openapi": VERSION,
        "info": {"title": "minipush", "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
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


def _complete(operation: dict[str, Any], heading: str, scope: Scope | None) -> None:
    operation["tags"] = [heading]
    operation["security"] = [_security(scope)] if scope else []
    responses = operation["responses"]
    responses.pop("422", None)
    for response in responses.values():
        response["headers"] = REQUEST_ID
        if response["description"] == UNDESCRIBED:
            response["description"] = "Done"
    responses |= {str(status.value): _problem(status) for status in sorted(_errors(operation, scope))}


def _security(scope: Scope) -> dict[str, list[str]]:
    return {"session": []} if scope is Scope.USER else {"operator": [scope.value]}


def _errors(operation: dict[str, Any], scope: Scope | None) -> set[HTTPStatus]:
    errors = {*ERRORS_OF_OURS, *ERRORS_BESIDES.get(operation["operationId"], ())}
    if scope:
        errors.update(ERRORS_OF_ACCESS)
    if "requestBody" in operation:
        errors.update(ERRORS_OF_A_BODY)
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
