"""Whatever comes in, the answer is one that the description documents, and never our fault."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.http_app import HttpApp

from minipush.http.edge.openapi import document
from minipush.http.routes import mini_program, operators

DESCRIBED = json.loads(document())["paths"]
ROUTES = sorted({*mini_program.ROUTES, *operators.ROUTES} - {"GET /openapi.json"})

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["accept", "template", "T1", "anna", "22:00", "Asia/Shanghai", -(2**63), 10**400])
)
names = st.text(max_size=5) | st.sampled_from(
    ["code", "form_ids", "form_id", "expires_at", "prepay_ids", "prepay_id", "subscriptions", "id", "template_id",
     "result", "long_term", "opt_out", "quiet_hours", "from", "to", "timezone", "tags", "type", "touser", "data", "value",
     "keywords", "page", "essential", "name", "message", "audience", "openids", "schedule", "at", "max_per_second",
     "frequency_cap", "messages", "hours", "dry_run", "within_hours", "tag", "templates", "wanted",
     "pause_hours", "on_unknown", "add", "remove"]
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)
bodies = st.one_of(
    values.map(json.dumps),
    st.dictionaries(names, values, max_size=8).map(json.dumps),
    st.text(),
    st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)
fuzzed = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(params=ROUTES)
def ask(request: pytest.FixtureRequest, app: HttpApp) -> Callable[..., None]:
    """Send to one route, with its credential, and check the answer."""
    route: str = request.param
    method, path = route.split(" ")
    documented = DESCRIBED[path][method.lower()]["responses"]
    for_users = mini_program.ROUTES.get(route) is not None

    def asked(body: Any, **fields: Any) -> None:
        answer = app.ask(
            route, body, **{"token": app.user if for_users else "mp_a-key-of-an-operator"} | fields
        )
        assert answer.status < 500
        assert str(answer.status) in documented
        assert answer.status < 400 or answer.is_a_problem()
        details = [error["detail"] for error in answer.json.get("errors", [])] if answer.status == 422 else []
        assert not [text for text in details if re.search(r"[Ii]nput|String|pattern|not allowed here", text)]

    return asked


@settings(fuzzed, max_examples=40)
@given(body=bodies)
def test_any_body(ask: Callable[..., None], body: str) -> None:
    ask(body)


@fuzzed
@given(raw=st.binary())
def test_any_bytes(ask: Callable[..., None], raw: bytes) -> None:
    ask(base64.b64encode(raw).decode(), isBase64Encoded=True)


@fuzzed
@given(
    headers=st.dictionaries(
        st.sampled_from(["Content-Type", "content-encoding", "Idempotency-Key", "accept", "cookie", "x"]),
        st.text(),
    )
)
def test_any_headers(ask: Callable[..., None], headers: dict[str, str]) -> None:
    # Answers for an Idempotency-Key are kept in a real table, elsewhere.
    if headers.get("Idempotency-Key", "").isascii():
        headers.pop("Idempotency-Key", None)
    ask({}, headers=headers)


@fuzzed
@given(authorization=st.text() | st.text().map("Bearer ".__add__))
def test_any_authorization(ask: Callable[..., None], authorization: str) -> None:
    ask({}, token=None, headers={"authorization": authorization})


@fuzzed
@given(openid=st.text())
def test_any_openid_in_a_path(app: HttpApp, openid: str) -> None:
    for route in (
        "GET /users/{openid}",
        "GET /users/{openid}/timeline",
        "PATCH /users/{openid}",
        "POST /users/{openid}/permits",
    ):
        answer = app.ask(route, {}, openid=openid)
        assert answer.status in {200, 404, 422}


@fuzzed
@given(campaign_id=st.text())
@pytest.mark.parametrize("route", [route for route in ROUTES if "{campaign_id}" in route])
def test_any_campaign_in_a_path(app: HttpApp, route: str, campaign_id: str) -> None:
    assert app.ask(route, {}, campaign_id=campaign_id).status == 404


@fuzzed
@given(
    query=st.dictionaries(
        st.sampled_from(["limit", "cursor", "at", "sdk_version", "tag"]), st.text() | st.integers().map(str)
    )
)
def test_any_query(ask: Callable[..., None], query: dict[str, str]) -> None:
    ask({}, query=query)
