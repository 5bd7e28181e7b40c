"""What the audit says of each request of an operator."""

from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.domain.ids import user_hash
from minipush.domain.timestamps import HOUR_MS, iso
from minipush.http.edge.scopes import Scope
from minipush.http.routes import operators

MESSAGE = {"type": "template", "template_id": "T1", "touser": ["anna", "ben"], "keywords": ["secret words"]}
CAMPAIGN = {
    "name": "secret name",
    "message": {"type": "template", "template_id": "T1", "keywords": ["secret words"]},
    "audience": {"type": "openids", "openids": ["anna"]},
}
TARGETS = {"templates": [{"template_id": "S1", "wanted": 1}]}
PERMITS = {"form_ids": [{"form_id": "secret-form"}]}
ANNA = user_hash("anna")
WRITES: dict[str, tuple[Any, dict[str, Any]]] = {
    "POST /messages": (MESSAGE, {"template_id": "T1", "requests": 1, "recipients": 2}),
    "POST /users/{openid}/permits": (PERMITS, {"requests": 1, "recipients": 1}),
    "PATCH /users/{openid}": ({"tags": ["secret-tag"]}, {"user": ANNA, "fields": ["tags"]}),
    "POST /tags": ({"openids": ["anna", "ben"], "add": ["secret-tag"]}, {"users": 2}),
    "PUT /templates/stock": (TARGETS, {"fields": ["templates"]}),
    "PUT /sending": ({"enabled": True}, {"enabled": "true", "fields": ["enabled"]}),
    "POST /templates/sync": (None, {}),
}
STEPS = ("pause", "resume", "cancel")


def test_every_route_that_changes_something_is_tried_here() -> None:
    writes = {route for route, scope in operators.ROUTES.items() if scope and not route.startswith("GET ")}
    steps = {f"POST /campaigns/{{campaign_id}}/{step}" for step in STEPS}
    # The deployment of these tests has no official account: see test_official_messages.
    others = {"POST /campaigns", "PATCH /campaigns/{campaign_id}", "POST /official/sync"}
    assert writes == {*WRITES, *others, *steps}


def test_a_changed_campaigns_line_has_its_id_and_the_changed_fields(app: HttpApp) -> None:
    planned = CAMPAIGN | {"schedule": {"at": iso(app.now + HOUR_MS)}}
    made = app.ask("POST /campaigns", planned).json["id"]
    answer = app.ask("PATCH /campaigns/{campaign_id}", {"name": "another"}, campaign_id=made)
    assert answer.status == 200
    assert app.audit.acts[-1].about == {"campaign_id": made, "fields": ["name"]}


@pytest.mark.parametrize("route", WRITES)
def test_a_change_has_a_line_with_who_what_and_when(app: HttpApp, route: str) -> None:
    body, about = WRITES[route]
    answer = app.ask(route, body)
    assert answer.status == 200
    [act] = app.audit.acts
    assert (act.operator, act.action, act.at, act.status) == ("backend", route, app.now, 200)
    assert act.request_id == answer.headers["x-request-id"]
    assert act.about == about


def test_a_campaigns_lines_bear_its_id(app: HttpApp) -> None:
    made = app.ask("POST /campaigns", CAMPAIGN).json["id"]
    for step in STEPS:
        assert app.ask(f"POST /campaigns/{{campaign_id}}/{step}", campaign_id=made).status == 200
    assert [act.about["campaign_id"] for act in app.audit.acts] == [made] * 4
    assert app.audit.acts[0].about == {"campaign_id": made, "template_id": "T1", "audience": "openids"}


def test_no_line_holds_an_openid_or_a_text(app: HttpApp) -> None:
    for route, (body, _) in WRITES.items():
        app.ask(route, body)
    app.ask("POST /campaigns", CAMPAIGN)
    text = repr(app.audit.acts)
    assert not [word for word in ("anna", "ben'", "secret") if word in text]


@pytest.mark.parametrize(("route", "body"), [("POST /messages", MESSAGE), ("POST /campaigns", CAMPAIGN)])
def test_a_repeat_of_an_idempotent_request_has_no_line(app: HttpApp, route: str, body: Any) -> None:
    first, repeat = (app.ask(route, body, headers={"idempotency-key": "evening-7"}) for _ in range(2))
    assert (repeat.status, repeat.json) == (first.status, first.json)
    assert [act.action for act in app.audit.acts] == [route]
    app.now += 60_000
    app.ask(route, body)
    assert [act.about.get("requests", 1) for act in app.audit.acts] == [1, 1]


def test_what_changes_nothing_has_no_line(app: HttpApp) -> None:
    for route in (route for route, scope in operators.ROUTES.items() if scope is Scope.READ):
        app.ask(route)
    app.ask("POST /campaigns", CAMPAIGN | {"dry_run": True})
    app.ask("POST /messages", {})
    app.ask("POST /messages", MESSAGE, token="mp_reader")
    app.ask("POST /messages", MESSAGE, token="mp_unknown")
    assert app.audit.acts == []


def test_a_change_that_failed_half_way_has_a_line(app: HttpApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(app.queue, "put", fail)
    assert app.ask("POST /campaigns", CAMPAIGN).status == 500
    assert [(act.action, act.status) for act in app.audit.acts] == [("POST /campaigns", 500)]


def test_every_key_that_was_admitted_has_its_last_use(app: HttpApp) -> None:
    app.ask("GET /pool", token="mp_reader")
    assert app.audit.used_at == {"reader": app.now}
    app.ask("GET /pool", token=app.user)
    assert app.audit.used_at == {"reader": app.now}
