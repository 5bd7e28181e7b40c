from typing import Any

import pytest
from support.http_app import NOW, HttpApp

from minipush.domain.tag_counts import TagCounts, TagMeasure
from minipush.domain.timestamps import iso


def test_there_are_no_tags_before_the_first_sweep(app: HttpApp) -> None:
    assert app.ask("GET /tags").json == {
        "items": [],
        "next_cursor": None,
        "measured_at": None,
        "is_complete": True,
    }


def test_tags_are_listed_with_their_users_as_the_sweep_counted_them(app: HttpApp) -> None:
    app.store.tag_measure = TagMeasure(NOW, TagCounts({"trial": 1, "贵宾": 2}, is_complete=False))
    assert app.ask("GET /tags").json == {
        "items": [{"tag": "贵宾", "users": 2}, {"tag": "trial", "users": 1}],
        "next_cursor": None,
        "measured_at": iso(NOW),
        "is_complete": False,
    }


def test_tags_are_trimmed_and_normalized_and_the_changed_users_counted(app: HttpApp) -> None:
    body = {"openids": ["anna", "bo"], "add": ["  vip ", "cafe\u0301"]}
    assert app.ask("POST /tags", body).json == {"changed": 2}
    assert app.store.settings["anna"].tags == ("caf\u00e9", "vip")
    assert app.ask("POST /tags", body).json == {"changed": 0}
    assert app.ask("POST /tags", {"openids": ["anna"], "remove": ["caf\u00e9"]}).json == {"changed": 1}
    assert list(app.store.settings["anna"].tags) == ["vip"]


FIFTY_ONE = [f"t{n}" for n in range(51)]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"openids": ["anna"]}, ["/add"]),
        ({"openids": ["anna"], "add": [], "remove": []}, ["/add"]),
        ({"add": ["vip"]}, ["/openids"]),
        ({"openids": [], "add": ["vip"]}, ["/openids"]),
        ({"openids": ["anna"] * 1001, "add": ["vip"]}, ["/openids"]),
        ({"openids": ["anna", "no openid", "undefined"], "add": ["vip"]}, ["/openids/1", "/openids/2"]),
        ({"openids": "anna", "add": ["vip"]}, ["/openids"]),
        ({"openids": ["anna"], "add": ["vip", "t" * 65, "\n", ""]}, ["/add/1", "/add/2", "/add/3"]),
        ({"openids": ["anna"], "remove": [7]}, ["/remove/0"]),
        ({"openids": ["anna"], "add": FIFTY_ONE}, ["/add"]),
        ({"openids": ["anna"], "add": ["vip"], "remove": ["trial", " vip"]}, ["/remove/1"]),
        ({"openids": ["anna"], "tags": ["vip"]}, ["/tags"]),
    ],
)
def test_a_wrong_request_has_pointers_and_changes_nothing(
    app: HttpApp, body: Any, pointers: list[str]
) -> None:
    answer = app.ask("POST /tags", body)
    assert (answer.status, answer.pointers) == (422, pointers)
    assert app.store.settings == {}


def test_a_user_who_would_bear_too_many_tags_has_a_pointer_and_nobody_changes(app: HttpApp) -> None:
    assert app.ask("POST /tags", {"openids": ["bo"], "add": FIFTY_ONE[:50]}).status == 200
    answer = app.ask("POST /tags", {"openids": ["anna", "bo"], "add": ["vip"]})
    assert (answer.status, answer.pointers) == (422, ["/openids/1"])
    assert answer.json["type"].endswith("#too-many-tags")
    assert "anna" not in app.store.settings


@pytest.mark.parametrize("tag", ["vip", "贵宾", "a,b", "50%", "a+b", "0", "a&b=c"])
def test_the_users_of_a_tag_are_listed_by_pages(app: HttpApp, tag: str) -> None:
    openids = [f"user-{n}" for n in range(7)]
    app.ask("POST /tags", {"openids": openids, "add": [tag]})
    app.ask("POST /tags", {"openids": ["other"], "add": ["another"]})
    found, query = [], {"tag": f" {tag} ", "limit": "3"}
    while "cursor" not in query or query["cursor"]:
        page = app.ask("GET /users", query=query).json
        found += page["items"]
        query["cursor"] = page["next_cursor"]
    assert found == [{"openid": openid} for openid in openids]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"tag": ""}, "/tag"),
        ({"tag": "t" * 65}, "/tag"),
        ({"tag": "vip", "limit": "0"}, "/limit"),
        ({"tag": "vip", "limit": "1001"}, "/limit"),
        ({"tag": "vip", "cursor": "!"}, "/cursor"),
    ],
)
def test_a_wrong_query_for_users_has_a_pointer(app: HttpApp, query: dict[str, str], pointer: str) -> None:
    answer = app.ask("GET /users", query=query)
    assert (answer.status, answer.pointers) == (422, [pointer])
