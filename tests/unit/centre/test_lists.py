"""Every list of the message centre pages, and takes no parameter that it does not know."""

from typing import Any

import pytest
from support.http_app import Answer, HttpApp
from support.sample_apps import app as sample_app

OWN = ["GET /me/bindings", "GET /me/keys", "GET /me/inbox", "GET /me/complaints"]
OPERATORS = ["GET /centre/apps", "GET /centre/complaints", "GET /centre/appeals", "GET /tags"]


def ask(app: HttpApp, route: str, **query: Any) -> Answer:
    token = {"token": app.user} if route in OWN else {}
    return app.ask(route, query={name: str(value) for name, value in query.items()}, **token)


def problem(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["type"].rpartition("#")[2]


@pytest.mark.parametrize("route", OWN + OPERATORS)
@pytest.mark.parametrize(
    ("query", "type_"),
    [
        ({"limit": 0}, "invalid-request"),
        ({"limit": "abc"}, "invalid-request"),
        ({"cursor": "zzz"}, "invalid-cursor"),
        ({"x": 1}, "unknown-parameter"),
    ],
)
def test_a_parameter_that_means_nothing_is_refused(
    app: HttpApp, route: str, query: dict[str, Any], type_: str
) -> None:
    assert problem(ask(app, route, **query)) == (422, type_)


@pytest.mark.parametrize("route", ["GET /me/bindings", "GET /me/keys"])
def test_a_users_lists_are_read_page_by_page(app: HttpApp, route: str) -> None:
    for number in range(3):
        shop = sample_app(appid=f"wx{number}")
        app.apps.add(shop, f"mpa_{number}")
        app.ask("POST /me/bindings", {"appid": shop.appid, "openid": "o"}, token=app.user)
        app.ask("POST /me/keys", {"label": shop.appid}, token=app.user)
    whole = ask(app, route).json
    first = ask(app, route, limit=2).json
    rest = ask(app, route, limit=2, cursor=first["next_cursor"]).json
    assert (len(first["items"]), first["items"] + rest["items"]) == (2, whole["items"])
    assert (rest["next_cursor"], whole["next_cursor"]) == (None, None)


def test_a_cursor_of_one_list_is_none_of_another(app: HttpApp) -> None:
    for label in ("a", "b"):
        app.ask("POST /me/keys", {"label": label}, token=app.user)
    cursor = ask(app, "GET /me/keys", limit=1).json["next_cursor"]
    assert problem(ask(app, "GET /me/bindings", cursor=cursor)) == (422, "invalid-cursor")
