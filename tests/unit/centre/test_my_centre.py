"""A user's own settings of the message centre, over HTTP."""

from typing import Any

import pytest
from support.http_app import HttpApp, request

DEFAULTS: dict[str, Any] = {
    "channels": ["bark", "email", "sms", "official", "subscribe"],
    "do_not_disturb": None,
    "on_unknown": "next",
    "receipts": False,
    "unread": 0,
}


def test_a_user_who_set_nothing_has_the_defaults(app: HttpApp) -> None:
    answer = app.ask("GET /me/centre", token=app.user)
    assert (answer.status, answer.json) == (200, DEFAULTS)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "changes",
    [
        {"channels": ["email", "bark"]},
        {"channels": []},
        {"on_unknown": "stop"},
        {"receipts": True},
        {"do_not_disturb": {"until": "2027-01-01T00:00:00.000Z"}},
        {"do_not_disturb": {}},
    ],
)
def test_a_change_is_kept_and_leaves_the_rest(app: HttpApp, method: str, changes: dict[str, Any]) -> None:
    answer = app.ask(f"{method} /me/centre", changes, token=app.user)
    assert (answer.status, answer.json) == (200, DEFAULTS | changes)
    assert app.ask("GET /me/centre", token=app.user).json == DEFAULTS | changes


def test_null_ends_do_not_disturb(app: HttpApp) -> None:
    app.ask("PATCH /me/centre", {"do_not_disturb": {}}, token=app.user)
    answer = app.ask("PATCH /me/centre", {"do_not_disturb": None}, token=app.user)
    assert answer.json == DEFAULTS


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channels": ["bark", "bark"]}, "/channels"),
        ({"channels": ["pigeon"]}, "/channels/0"),
        ({"on_unknown": "again"}, "/on_unknown"),
        ({"receipts": 1}, "/receipts"),
        ({"do_not_disturb": {"until": "tomorrow"}}, "/do_not_disturb/until"),
        ({"quiet": True}, "/quiet"),
    ],
)
def test_what_is_no_setting_is_422_and_named(app: HttpApp, body: dict[str, Any], pointer: str) -> None:
    answer = app.ask("PATCH /me/centre", body, token=app.user)
    assert answer.status == 422
    assert answer.is_a_problem()
    assert answer.pointers == [pointer]


@pytest.mark.parametrize("token", [None, "mpa_" + "a" * 40, "mp_reader"])
def test_only_a_user_has_settings(app: HttpApp, token: str | None) -> None:
    assert app.ask("GET /me/centre", token=token).status in {401, 403}


def test_bark_s_ping_is_answered_as_bark_answers(app: HttpApp) -> None:
    event = request("GET /p/{proxy+}", token=None, rawPath="/p/ping")
    answer = app.push_by_key(event)
    assert (answer.status, answer.json) == (
        200,
        {"code": 200, "message": "pong", "timestamp": app.now // 1000},
    )
