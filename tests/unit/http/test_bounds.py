"""Every text, list, map and number that a request may hold has a limit."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.http.edge.openapi import document
from minipush.http.routes import callback

DESCRIPTION: dict[str, Any] = json.loads(document())
SCHEMAS = DESCRIPTION["components"]["schemas"]
COLLECT = ("POST /collect", "POST /users/{openid}/permits")
# A bad entry of an upload is rejected, not the upload: the schema leaves these to the domain, and the tests below try them.
OF_ENTRIES = {
    f"{route}.{field}"
    for route in COLLECT
    for field in (
        "form_ids[].form_id",
        "form_ids[].expires_at",
        "prepay_ids[].prepay_id",
        "subscriptions[].id",
        "subscriptions[].template_id",
        "subscriptions[].result",
    )
}

type Schema = dict[str, Any]


def schema_of(given: Schema) -> Schema:
    found: Schema = SCHEMAS[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
    return found


def ends(pattern: str) -> bool:
    """Whether a text of the pattern can be only so long."""
    return re.search(r"[*+]|,\}", re.sub(r"\[[^\]]*\]", "x", pattern)) is None


def has_limit(schema: Schema) -> bool:
    kind = schema.get("type")
    if "enum" in schema or "const" in schema or kind in (None, "boolean", "null"):
        return True
    if kind == "string":
        return "maxLength" in schema or ("pattern" in schema and ends(schema["pattern"]))
    if kind == "array":
        return "maxItems" in schema
    if kind == "object":
        return schema.get("additionalProperties") is False or "maxProperties" in schema
    return "maximum" in schema


def parts(schema: Schema, name: str) -> Iterator[tuple[str, Schema]]:
    """The schema and those inside it, each with where it is."""
    schema = schema_of(schema)
    yield name, schema
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from parts(alternative, name)
    if "items" in schema:
        yield from parts(schema["items"], f"{name}[]")
    if isinstance(values := schema.get("additionalProperties"), dict):
        yield from parts(values, f"{name}.*")
    for property_, value in schema.get("properties", {}).items():
        yield from parts(value, f"{name}.{property_}")


def inputs() -> Iterator[tuple[str, Schema]]:
    """Without those of WeChat's callbacks, whose signature comes before their content."""
    for path, item in DESCRIPTION["paths"].items():
        for method, operation in item.items():
            route = f"{method.upper()} {path}"
            if route in callback.ROUTES:
                continue
            for parameter in operation.get("parameters", ()):
                yield from parts(parameter["schema"], f"{route} {parameter['name']}")
            for content in operation.get("requestBody", {"content": {}})["content"].values():
                yield from parts(content["schema"], route)


def test_every_input_has_a_limit() -> None:
    given = [*inputs()]
    assert len(given) > 300
    unlimited = {name for name, schema in given if not has_limit(schema)}
    # An id of another form is that of no campaign, and test_an_unknown_campaign_is_404 tries a long one.
    assert {name for name in unlimited if not name.endswith(" campaign_id")} == OF_ENTRIES


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "pattern": "^[a-z]+$"},
        {"type": "string", "pattern": "^[a-z]{3,}$"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "integer", "minimum": 0},
    ],
)
def test_a_missing_limit_would_be_seen(schema: Schema) -> None:
    assert not has_limit(schema)


@pytest.mark.parametrize("route", COLLECT)
@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("form_ids", {"form_id": "f" * 257}),
        ("prepay_ids", {"prepay_id": "p" * 257}),
        ("prepay_ids", {"prepay_id": "prepay_id=" * 30_000 + "p" * 257}),
        ("subscriptions", {"id": "i" * 257, "template_id": "S1", "result": "accept"}),
        ("subscriptions", {"id": "i", "template_id": "S" * 65, "result": "accept"}),
        ("subscriptions", {"id": "i" * 257, "template_id": "S" * 100_000, "result": "reject"}),
        ("subscriptions", {"id": "i", "template_id": "S1", "result": "x" * 100_000}),
    ],
)
def test_an_entry_that_is_too_long_is_rejected_and_leaves_nothing(
    app: HttpApp, route: str, name: str, entry: dict[str, str]
) -> None:
    token = {"token": app.user} if route == "POST /collect" else {}
    answer = app.ask(route, {name: [entry]}, **token)
    assert answer.status == 200
    assert (answer.json["stored"], len(answer.json["rejected"])) == (0, 1)
    user = app.ask("GET /users/{openid}").json
    assert user["permits"] == {"form": 0, "pay": 0, "once": {}, "long": []}
    assert len(json.dumps(user)) < 500


def test_an_instant_has_64_characters_at_most(app: HttpApp) -> None:
    answer = app.ask("GET /pool", query={"at": "2026-12-01T00:00:00" + "." + "0" * 100_000 + "Z"})
    assert (answer.status, answer.pointers) == (422, ["/at"])
