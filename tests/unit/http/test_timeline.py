from typing import Any

import pytest
from support.http_app import HttpApp

from minipush.domain import permit_kinds
from minipush.domain.permits import Claim, Permit
from minipush.domain.timestamps import iso


def events(app: HttpApp) -> list[dict[str, Any]]:
    answer = app.ask("GET /users/{openid}/timeline")
    assert answer.status == 200
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def test_an_unknown_user_has_an_empty_timeline(app: HttpApp) -> None:
    assert app.ask("GET /users/{openid}/timeline").json == {"items": [], "next_cursor": None}


def test_what_a_user_does_and_gets_is_in_the_timeline(app: HttpApp) -> None:
    reports = [
        {"id": "tap-1", "template_id": "S1", "result": "accept"},
        {"id": "tap-1", "template_id": "S2", "result": "reject"},
    ]
    app.ask("POST /collect", {"subscriptions": reports}, token=app.user)
    collected, app.now = app.now, app.now + 1000
    message = {
        "type": "subscribe",
        "template_id": "S1",
        "touser": "anna",
        "data": {"thing1": {"value": "Tea"}},
    }
    assert app.ask("POST /messages", message).json["results"][0]["status"] == "sent"
    sent, app.now = app.now, app.now + 1000
    app.ask("PUT /me", {"opt_out": True}, token=app.user)
    assert events(app) == [
        {"at": iso(app.now), "event": "settings_changed", "reason": "opted_out", "by": "user"},
        {"at": iso(sent), "event": "sent", "permit_kind": "once", "template_id": "S1"},
        {"at": iso(collected), "event": "prompt_refused", "template_id": "S2", "reason": "reject"},
        {
            "at": iso(collected),
            "event": "permit_added",
            "permit_kind": "once",
            "template_id": "S1",
            "permits": 1,
        },
    ]


def test_an_operators_change_of_the_settings_is_in_the_timeline(app: HttpApp) -> None:
    app.ask("PATCH /users/{openid}", {"opt_out": True, "tags": ["vip"]})
    app.ask("PATCH /users/{openid}", {"opt_out": True})
    app.ask("PATCH /users/{openid}", {})
    [entry] = events(app)
    assert (entry["event"], entry["reason"], entry["by"]) == ("settings_changed", "opted_out", "operator")


def test_a_refusal_of_wechats_has_errcode_and_reason(app: HttpApp) -> None:
    claim = Claim("c-1/x", app.now, invalidated_by=43101)
    app.store.add("anna", [Permit(permit_kinds.ONCE, "a", template_id="S1", claim=claim)])
    [entry] = events(app)
    assert (entry["event"], entry["errcode"], entry["reason"], entry["campaign"]) == (
        "refused",
        43101,
        "refused",
        "c-1",
    )


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"limit": "0"}, "/limit"), ({"limit": "201"}, "/limit"), ({"cursor": "!"}, "/cursor")],
)
def test_a_wrong_query_has_a_pointer(app: HttpApp, query: dict[str, str], pointer: str) -> None:
    answer = app.ask("GET /users/{openid}/timeline", query=query)
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_the_timeline_comes_by_pages(app: HttpApp) -> None:
    for n in range(5):
        report = {"id": "tap", "template_id": f"S{n}", "result": "accept"}
        app.ask("POST /users/{openid}/permits", {"subscriptions": [report]})
        app.now += 1
    found, query = [], {"limit": "2"}
    while "cursor" not in query or query["cursor"]:
        page = app.ask("GET /users/{openid}/timeline", query=query).json
        found += [item["template_id"] for item in page["items"]]
        query["cursor"] = page["next_cursor"]
    assert found == ["S4", "S3", "S2", "S1", "S0"]
