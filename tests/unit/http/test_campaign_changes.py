"""PATCH /campaigns/{campaign_id}, and what GET /campaigns/{campaign_id}/events says of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from support.http_app import KEY, NOW, HttpApp, hashed

HOUR = 60 * 60 * 1000
MESSAGE = {"type": "template", "template_id": "T1", "keywords": ["Yoga", "19:30"]}
CAMPAIGN = {"name": "Evening", "message": MESSAGE, "audience": {"type": "all"}}
MANY = [f"user-{n}" for n in range(1200)]
EDIT = "PATCH /campaigns/{campaign_id}"


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


def planned(app: HttpApp, **more: Any) -> str:
    body = CAMPAIGN | {"schedule": {"at": iso(NOW + HOUR)}} | more
    return str(app.ask("POST /campaigns", body).json["id"])


def read(app: HttpApp, campaign_id: str) -> Any:
    return app.ask("GET /campaigns/{campaign_id}", campaign_id=campaign_id).json


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "Later"}, {"name": "Later"}),
        ({"audience": {"type": "tag", "tag": " vip "}}, {"audience": {"type": "tag", "tag": "vip"}}),
        ({"audience": {"type": "openids", "openids": MANY}}, {"audience": {"type": "openids", "openids": MANY}}),
        ({"max_per_second": 7}, {"max_per_second": 7}),
        ({"frequency_cap": {"messages": 1, "hours": 2}}, {"frequency_cap": {"messages": 1, "hours": 2}}),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_is_given_changes_and_the_rest_stays(app: HttpApp, changes: Any, told: Any) -> None:
    id_ = planned(app)
    before = read(app, id_)
    answer = app.ask(EDIT, changes, campaign_id=id_)
    expected = before | told
    assert answer.status == 200
    without = [each | {"progress": None} for each in (answer.json, expected, read(app, id_))]
    assert without[0] == without[1] == without[2]


def test_a_message_changes_as_a_whole(app: HttpApp) -> None:
    id_ = planned(app)
    message = {"type": "template", "template_id": "T2", "keywords": ["Tea"]}
    told = app.ask(EDIT, {"message": message}, campaign_id=id_).json["message"]
    assert told == {"type": "template", "template_id": "T2", "data": {"keyword1": {"value": "Tea"}}}


def test_a_moved_campaign_is_due_at_its_new_time(app: HttpApp) -> None:
    id_ = planned(app)
    app.ask(EDIT, {"schedule": {"at": iso(NOW + 2 * HOUR)}}, campaign_id=id_)
    assert app.schedules.due == {id_: NOW + 2 * HOUR}


def test_null_removes_a_limit(app: HttpApp) -> None:
    id_ = planned(app, max_per_second=5, frequency_cap={"messages": 1, "hours": 2})
    told = app.ask(EDIT, {"max_per_second": None, "frequency_cap": None}, campaign_id=id_).json
    assert not {"max_per_second", "frequency_cap"} & told.keys()


@pytest.mark.parametrize("name", ["name", "message", "audience"])
def test_what_a_campaign_must_have_is_never_null(app: HttpApp, name: str) -> None:
    answer = app.ask(EDIT, {name: None}, campaign_id=planned(app))
    assert (answer.status, answer.pointers) == (422, [f"/{name}"])


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"schedule": {"at": iso(NOW - HOUR)}}, "/schedule/at"),
        ({"message": MESSAGE | {"essential": True}}, "/message/essential"),
        ({"nmae": "Later"}, "/nmae"),
        ({"message": {"type": "subscribe", "template_id": "S1", "data": {"time1": {"value": "x"}}}},
         "/message/data/time1/value"),
    ],
)  # fmt: skip
def test_a_change_is_checked_as_a_new_campaign_is(app: HttpApp, changes: Any, pointer: str) -> None:
    id_ = planned(app)
    before = read(app, id_)
    answer = app.ask(EDIT, changes, campaign_id=id_)
    assert (answer.status, answer.pointers) == (422, [pointer])
    assert read(app, id_) == before


def test_a_campaign_that_runs_is_409(app: HttpApp) -> None:
    id_ = str(app.ask("POST /campaigns", CAMPAIGN).json["id"])
    for _ in range(2):
        answer = app.ask(EDIT, {"name": "Later"}, campaign_id=id_)
        assert answer.status == 409
        assert answer.is_a_problem()
        app.ask("POST /campaigns/{campaign_id}/pause", campaign_id=id_)


def test_a_dry_run_of_a_change_changes_nothing(app: HttpApp) -> None:
    id_ = planned(app)
    before = read(app, id_)
    audience = {"type": "openids", "openids": ["anna"]}
    answer = app.ask(EDIT, {"audience": audience, "dry_run": True}, campaign_id=id_)
    assert (answer.status, answer.json["left_out"]) == (200, {"no_permit": 1})
    assert read(app, id_) == before


def test_a_repeat_with_the_same_key_answers_the_same_and_changes_nothing(app: HttpApp) -> None:
    id_, headers = planned(app), {"idempotency-key": "later"}
    first = app.ask(EDIT, {"name": "Later"}, campaign_id=id_, headers=headers)
    app.ask(EDIT, {"name": "Last"}, campaign_id=id_)
    second = app.ask(EDIT, {"name": "Later"}, campaign_id=id_, headers=headers)
    assert second.json == first.json
    assert read(app, id_)["name"] == "Last"


def test_a_key_stands_for_one_campaign(app: HttpApp) -> None:
    headers = {"idempotency-key": "later"}
    first, second = planned(app), planned(app)
    app.ask(EDIT, {"name": "Later"}, campaign_id=first, headers=headers)
    assert app.ask(EDIT, {"name": "Later"}, campaign_id=second, headers=headers).status == 422


def test_the_key_of_a_refused_change_is_free_again(app: HttpApp) -> None:
    id_, headers = planned(app), {"idempotency-key": "later"}
    app.ask(EDIT, {"schedule": {"at": iso(NOW - HOUR)}}, campaign_id=id_, headers=headers)
    later = {"schedule": {"at": iso(NOW + 2 * HOUR)}}
    assert app.ask(EDIT, later, campaign_id=id_, headers=headers).status == 200


def test_a_key_with_limits_changes_nothing_beyond_them(app: HttpApp) -> None:
    limited = {"name": "shop", "scopes": ["send"], "hash": hashed("mp_shop"), "templates": ["T1"]}
    app.secret["operator_keys"].append(limited)
    id_ = planned(app)
    change = {"message": MESSAGE | {"template_id": "T2"}}
    assert app.ask(EDIT, change, campaign_id=id_, token="mp_shop").status == 403
    assert app.ask(EDIT, {"name": "Later"}, campaign_id=id_, token="mp_shop").status == 200


def test_the_events_say_who_did_what(app: HttpApp) -> None:
    id_ = planned(app)
    app.ask(EDIT, {"name": "Later"}, campaign_id=id_)
    for step in ("pause", "resume", "cancel"):
        app.ask(f"POST /campaigns/{{campaign_id}}/{step}", campaign_id=id_)
    items = app.ask("GET /campaigns/{campaign_id}/events", campaign_id=id_, token="mp_reader").json["items"]
    assert [(item["event"], item["status"]) for item in items] == [
        ("made", "scheduled"),
        ("edited", "scheduled"),
        ("paused", "paused"),
        ("resumed", "scheduled"),
        ("ended", "cancelled"),
    ]
    assert {item["by"] for item in items} == {"backend"}


def test_what_minipush_does_by_itself_is_by_nobody(app: HttpApp) -> None:
    id_ = planned(app)
    app.now += 3 * HOUR
    app.container.reconcile_campaigns()
    items = app.ask("GET /campaigns/{campaign_id}/events", campaign_id=id_).json["items"]
    last = {name: value for name, value in items[-1].items() if name != "at"}
    assert last == {"event": "paused", "status": "paused", "reason": "overdue"}


def test_the_audit_has_the_fields_that_changed(app: HttpApp) -> None:
    id_ = planned(app)
    app.ask(EDIT, {"name": "Later", "max_per_second": 5}, campaign_id=id_, token=KEY)
    act = app.audit.acts[-1]
    assert (act.operator, act.action, act.about["campaign_id"]) == ("backend", EDIT, id_)
    assert act.about["fields"] == ["max_per_second", "name"]
