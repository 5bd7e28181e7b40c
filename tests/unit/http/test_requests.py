"""Paths, ids and headers as gateways send them, and as they shouldn't."""

from typing import Any

import pytest
from support.http_app import KEY, Context, HttpApp

from minipush.domain.messages import Outcome, Reason, Status
from minipush.http.schemas.messages import result_response


def test_every_answer_bears_the_request_id(app: HttpApp) -> None:
    asked = [("GET /health", None), ("GET /pool", "wrong"), ("GET /pool", KEY), ("$default", None)]
    for route, token in asked:
        assert app.ask(route, token=token).headers["x-request-id"] == "of-the-request"
    assert app.named == ["of-the-request"] * 4


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"routeKey": "GET /health"},
        {"routeKey": "GET /health", "requestContext": {}},
        {"routeKey": "GET /health", "requestContext": {"http": None}, "headers": None, "body": None},
        {"routeKey": "GET /pool"},
        {"routeKey": "POST /messages", "headers": {"authorization": f"Bearer {KEY}"}},
        {"routeKey": "POST /session", "rawPath": None, "pathParameters": None, "headers": {}},
        {"routeKey": "GET /users/{openid}", "headers": {"authorization": f"Bearer {KEY}"}},
        {"version": "2.0", "requestContext": {"http": {"method": "GET", "path": "/health"}}},
    ],
)
def test_an_event_that_lacks_almost_everything_gets_an_answer(app: HttpApp, event: dict[str, Any]) -> None:
    answer = app.send(event)
    assert answer.status == 200 if event.get("routeKey") == "GET /health" else 400 <= answer.status < 500
    assert answer.headers["x-request-id"] == Context().aws_request_id


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/", 404, None),
        ("GET", "/nothing", 404, None),
        ("GET", "/users", 404, None),
        ("GET", "/users/anna/", 404, None),
        ("GET", "/openapiXjson", 404, None),
        ("GET", "/" + "x" * 100_000, 404, None),
        ("GET", "/\ud800", 404, None),
        ("GET", "/users/../me", 404, None),
        ("DELETE", "/me", 405, "GET, HEAD, PUT, PATCH"),
        ("OPTIONS", "/me", 405, "GET, HEAD, PUT, PATCH"),
        ("HEAD", "/messages", 405, "POST"),
        ("HEAD", "/nothing", 404, None),
        ("POST", "/openapi.json", 405, "GET, HEAD"),
        ("GET", "/messages", 405, "POST"),
        ("PUT", "/users/anna", 405, "GET, HEAD, PATCH"),
        ("GET", "/users/anna/permits", 405, "POST"),
        ("DELETE", "/campaigns/c-1", 405, "GET, HEAD, PATCH"),
        ("GET", "/campaigns/c-1/pause", 405, "POST"),
        ("GET", "/campaigns/c-1/stop", 404, None),
        ("PUT", "/p/key", 405, "GET, HEAD, POST"),
        ("DELETE", "/p/key/title/bo dy", 405, "GET, HEAD, POST"),
        ("OPTIONS", "/p/push", 405, "GET, HEAD, POST"),
        ("DELETE", "/push", 405, "POST"),
        ("PATCH", "/centre/unsubscribe", 405, "GET, HEAD, POST"),
        ("PUT", "/p", 404, None),
        ("PUT", "/pool/p/key", 404, None),
    ],
)
def test_what_matches_no_route_is_404_or_405(
    app: HttpApp, method: str, path: str, status: int, allow: str | None
) -> None:
    about = {"http": {"method": method, "path": path}, "requestId": "r", "stage": "$default"}
    answer = app.ask("$default", "{", token=None, rawPath=path, requestContext=about)
    assert answer.status == status
    assert answer.is_a_problem()
    assert answer.headers.get("allow") == allow


@pytest.mark.parametrize("token", [KEY, None])
@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/pool", "/users/{openid}", "/campaigns"])
def test_head_is_answered_as_get(app: HttpApp, path: str, token: str | None) -> None:
    head, get = (app.ask(f"{method} {path}", token=token) for method in ("HEAD", "GET"))
    assert (head.status, head.headers) == (get.status, get.headers)


def test_head_on_a_users_own_path_is_answered_as_get(app: HttpApp) -> None:
    head, get = (app.ask(f"{method} /me", token=app.user) for method in ("HEAD", "GET"))
    assert (head.status, head.headers) == (200, get.headers)


@pytest.mark.parametrize("path", ["/me", "/collect", "/users/anna"])
def test_a_path_that_only_looks_like_a_route_once_decoded_opens_nothing(app: HttpApp, path: str) -> None:
    """`GET /m%65` matches no route, and yet its rawPath reads /me."""
    method = "POST" if path == "/collect" else "GET"
    about = {"http": {"method": method, "path": path}, "requestId": "r", "stage": "$default"}
    assert app.ask("$default", {}, token=app.user, rawPath=path, requestContext=about).status == 404


@pytest.mark.parametrize("path", ["/v1/users/anna", "/prod/users/anna", "/users/bella/permits", "/pool"])
def test_the_gateways_match_counts_and_not_the_path(app: HttpApp, path: str) -> None:
    answer = app.ask("GET /users/{openid}", rawPath=path)
    assert answer.status == 200
    assert answer.json["openid"] == "anna"


@pytest.mark.parametrize(
    "openid",
    [
        "",
        ".",
        "..",
        "a/b",
        "a/permits",
        "a%2Fb",
        "a b",
        "a#b",
        "a?b",
        "ä",
        "人",
        "\0",
        "\n",
        "anna\n",
        "x" * 65,
        "\ud800",
    ],
)
def test_what_is_no_openid_reaches_no_user(app: HttpApp, openid: str) -> None:
    answer = app.ask("GET /users/{openid}", openid=openid)
    assert answer.status in {404, 422}
    assert answer.is_a_problem()


def test_put_changes_settings_as_patch_does(app: HttpApp) -> None:
    """wx.request has no PATCH."""
    hours = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}
    app.ask("PUT /me", {"quiet_hours": hours}, token=app.user)
    answer = app.ask("PUT /me", {"opt_out": True}, token=app.user)
    assert (answer.status, answer.json) == (200, {"openid": "anna", "opt_out": True, "quiet_hours": hours})
    assert app.ask("PATCH /me", {}, token=app.user).json == answer.json


QUERY: dict[str, Any] = {
    "rawQueryString": "openid=bella&" * 10_000,
    "queryStringParameters": {"openid": "bella", "": "\0"},
}


def test_queries_change_nothing(app: HttpApp) -> None:
    assert app.ask("GET /me", token=app.user, **QUERY).json["openid"] == "anna"
    assert app.ask("GET /health", token=None, **QUERY).status == 200


def test_a_list_refuses_a_query_that_it_does_not_take(app: HttpApp) -> None:
    answer = app.ask("GET /tags", token=KEY, **QUERY)
    assert (answer.status, answer.json["type"].partition("#")[2]) == (422, "unknown-parameter")


def test_long_and_odd_headers_are_borne(app: HttpApp) -> None:
    headers = {"x-long": "x" * 100_000, "x-odd": "é\0,,;=\ud800", "cookie": "a=b; =;", "": ""}
    assert app.ask("GET /pool", headers=headers).status == 200


def test_results_leave_out_what_there_is_not(app: HttpApp) -> None:
    app.ask("POST /users/{openid}/permits", {"form_ids": [{"form_id": "f1"}]})
    message = {
        "type": "template",
        "template_id": "T1",
        "touser": ["anna", "bella", "#"],
        "keywords": ["Ready"],
    }
    answer = app.ask("POST /messages", message)
    assert answer.json["results"][1:] == [
        {"openid": "bella", "status": "skipped", "reason": "no_permit"},
        {"openid": "#", "status": "failed", "reason": "invalid_openid"},
    ]
    assert (
        answer.json["results"][0].items()
        >= {"openid": "anna", "status": "sent", "permit_kind": "form"}.items()
    )
    assert "reason" not in answer.json["results"][0]


def test_a_result_says_what_wechat_said() -> None:
    refused = Outcome("anna", Status.FAILED, Reason.INVALID_DATA, 47003, errmsg="time2 is empty", rid="r-1")
    assert result_response(refused).model_dump(mode="json") == {
        "openid": "anna",
        "status": "failed",
        "reason": "invalid_data",
        "errcode": 47003,
        "errmsg": "time2 is empty",
        "rid": "r-1",
    }


def test_what_there_is_not_yet_is_null_in_a_users_state(app: HttpApp) -> None:
    assert app.ask("GET /users/{openid}").json == {
        "openid": "anna",
        "permits": {"form": 0, "pay": 0, "once": {}, "long": []},
        "accept_ids": {},
        "next_expiry": None,
        "opt_out": False,
        "quiet_hours": None,
        "last_seen": None,
        "tags": [],
        "messages": [],
    }
    assert app.ask("GET /me", token=app.user).json["quiet_hours"] is None


def test_messages_and_permits_are_counted(app: HttpApp) -> None:
    app.ask("POST /collect", {"form_ids": [{"form_id": "f1"}, {"form_id": ""}]}, token=app.user)
    message = {
        "type": "template",
        "template_id": "T1",
        "touser": ["anna", "bella", "#"],
        "keywords": ["Ready"],
    }
    app.ask("POST /messages", message)
    assert app.counted == [
        {"PermitsStored": 1, "PermitsRejected": 1},
        {"MessagesSent": 1, "MessagesSkipped": 1, "MessagesFailed": 1},
    ]


def test_a_failure_of_ours_says_nothing_of_its_cause(app: HttpApp, caplog: pytest.LogCaptureFixture) -> None:
    app.secret["operator_keys"] = None
    answer = app.ask("GET /pool")
    assert answer.status == 500
    assert answer.is_a_problem()
    assert "NoneType" not in answer.raw["body"]
    assert "NoneType" in caplog.text


@pytest.mark.parametrize("route", ["GET /health", "GET /pool", "GET /me", "$default"])
def test_nothing_on_the_way_keeps_an_answer(app: HttpApp, route: str) -> None:
    assert app.ask(route).headers["cache-control"] == "no-store"
