"""The OpenAPI description: made from the routes, committed, and served as it was committed."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.http.service import Routes

FILE = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
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
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path)),
            [method.upper() for method in METHODS if method in item],
        )
        for path, item in described.items()
    ]


def allowed_methods(path: str) -> list[str]:
    """Of the described path that this one is; none where there is no such."""
    return next((methods for pattern, methods in _paths() if pattern.fullmatch(path)), [])


def describe(version: str, *apps: tuple[APIGatewayHttpResolver, Routes]) -> dict[str, Any]:
    """One description of all the routes of several functions."""
    whole: dict[str, Any] = {"paths": {}, "components": {"schemas": {"Problem": PROBLEM}}}
    for app, routes in apps:
        part = json.loads(app.get_openapi_json_schema(title="minipush", version=version))
        for path, item in part["paths"].items():
            for method, operation in item.items():
                _complete(operation, routes[f"{method.upper()} {path}"] is None)
            whole["paths"].setdefault(path, {}).update(item)
        whole["components"]["schemas"].update(part.get("components", {}).get("schemas", {}))
    for unused in ("HTTPValidationError", "ValidationError"):
        whole["components"]["schemas"].pop(unused, None)
    whole["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A user's session or an operator key."}
    }
    info = {"title": "minipush", "version": version, "license": {"name": "MIT", "identifier": "MIT"}}
    return {"openapi": "3.1.0", "info": info, **whole}


def _complete(operation: dict[str, Any], public: bool) -> None:  # noqa: FBT001
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "An error",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if not public:
        operation["security"] = [{"bearer": []}]
