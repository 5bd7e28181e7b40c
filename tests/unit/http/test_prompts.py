"""The stock that is wanted, and what a mini-program is told to ask for."""

from typing import Any

import pytest
from support.http_app import Answer, HttpApp

from minipush.wechat.templates import AccountTemplate

HOUR_MS = 60 * 60 * 1000
T2, T5 = {"template_id": "T2", "wanted": 3}, {"template_id": "T5", "wanted": 1}
NOTHING = {"template_ids": [], "long_term": False}


def plan(app: HttpApp, *templates: dict[str, Any], **more: Any) -> Answer:
    return app.ask("PUT /templates/stock", {"templates": list(templates), **more})


def ask(app: HttpApp, version: str | None = "3.12.1") -> Any:
    query = {"sdk_version": version} if version is not None else None
    answer = app.ask("GET /me/next-ask", token=app.user, query=query)
    assert answer.status == 200
    return answer.json


def tell(app: HttpApp, result: str, template_id: str, id_: str = "1", **more: Any) -> None:
    entry = {"id": id_, "template_id": template_id, "result": result, **more}
    assert app.ask("POST /collect", {"subscriptions": [entry]}, token=app.user).status == 200


def sync(app: HttpApp, **is_long_term: bool) -> None:
    app.account.templates = [
        AccountTemplate(id_, f"about {id_}", "", "", is_long_term=is_long, keys=("thing1",), enums={})
        for id_, is_long in is_long_term.items()
    ]
    assert app.ask("POST /templates/sync").status == 200


@pytest.mark.parametrize("result", ["acceptWithAlert", "acceptWithForcePush"])
def test_any_accept_is_not_asked_for_again(app: HttpApp, result: str) -> None:
    plan(app, T5)
    tell(app, "reject", "T5", "1")
    tell(app, result, "T5", "2")
    assert app.ask("GET /users/{openid}").json["permits"]["once"] == {"T5": 1}
    assert ask(app) == NOTHING


def test_a_users_state_has_the_ids_of_accepts_that_can_be_spent(app: HttpApp) -> None:
    for id_, template_id in (("tap-2", "T5"), ("tap-1", "T5"), ("tap-1", "T2")):
        tell(app, "accept", template_id, id_)
    assert app.ask("GET /users/{openid}").json["accept_ids"] == {"T2": ["tap-1"], "T5": ["tap-1", "tap-2"]}
    sync(app, T5=False, T2=True)
    assert app.ask("GET /users/{openid}").json["accept_ids"] == {"T5": ["tap-1", "tap-2"]}


# ---- the plan


def test_before_a_plan_nothing_is_wanted_and_nothing_asked_for(app: HttpApp) -> None:
    assert app.ask("GET /templates/stock").json == {"templates": [], "pause_hours": 72}
    assert ask(app) == NOTHING


def test_a_plan_is_answered_as_it_counts_and_read_alike(app: HttpApp) -> None:
    told = plan(app, T2, T5 | {"long_term": True}, pause_hours=24)
    counting = [T2 | {"long_term": False}, T5 | {"long_term": True}]
    assert (told.status, told.json) == (200, {"templates": counting, "pause_hours": 24})
    assert app.ask("GET /templates/stock").json == told.json


def test_a_plan_that_was_read_can_be_set_again(app: HttpApp) -> None:
    plan(app, T2, T5 | {"long_term": True}, pause_hours=24)
    read = app.ask("GET /templates/stock").json
    assert app.ask("PUT /templates/stock", read).json == read


def test_a_plan_replaces_all_of_the_one_before(app: HttpApp) -> None:
    plan(app, T2, pause_hours=1)
    plan(app, T5)
    assert app.ask("GET /templates/stock").json == {
        "templates": [T5 | {"long_term": False}],
        "pause_hours": 72,
    }
    plan(app)
    assert app.ask("GET /templates/stock").json["templates"] == []


def test_what_the_sync_said_is_what_counts_unless_said(app: HttpApp) -> None:
    sync(app, T2=False, T5=True)
    assert [entry["long_term"] for entry in plan(app, T2, T5).json["templates"]] == [False, True]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/templates"]),
        ({"templates": [T2], "pause_hours": 0}, ["/pause_hours"]),
        ({"templates": [T2], "pause_hours": 721}, ["/pause_hours"]),
        ({"templates": [T2], "pause": 1}, ["/pause"]),
        ({"templates": [T2 | {"wanted": 0}]}, ["/templates/0/wanted"]),
        ({"templates": [T2 | {"wanted": 101}]}, ["/templates/0/wanted"]),
        ({"templates": [T2 | {"wanted": 1.5}]}, ["/templates/0/wanted"]),
        ({"templates": [T2 | {"wanted": "3"}]}, ["/templates/0/wanted"]),
        ({"templates": [T2 | {"long_term": "no"}]}, ["/templates/0/long_term"]),
        ({"templates": [{"template_id": "T2"}]}, ["/templates/0/wanted"]),
        ({"templates": [T2 | {"template_id": "T 2"}]}, ["/templates/0/template_id"]),
        ({"templates": [T2 | {"template_id": "T2\n"}]}, ["/templates/0/template_id"]),
        ({"templates": [T2 | {"template_id": ""}]}, ["/templates/0/template_id"]),
        ({"templates": [T2, T5, T2, T2]}, ["/templates/2/template_id", "/templates/3/template_id"]),
        ({"templates": [T5 | {"template_id": f"T{n}"} for n in range(101)]}, ["/templates"]),
    ],
)
def test_a_plan_that_is_none_is_pointed_at_and_not_kept(app: HttpApp, body: Any, pointers: list[str]) -> None:
    plan(app, T5)
    before = app.ask("GET /templates/stock").json
    answer = app.ask("PUT /templates/stock", body)
    assert (answer.status, answer.pointers) == (422, pointers)
    assert answer.is_a_problem()
    assert app.ask("GET /templates/stock").json == before


def test_a_plan_may_have_a_hundred_templates(app: HttpApp) -> None:
    assert plan(app, *(T5 | {"template_id": f"T{n}"} for n in range(100))).status == 200


def test_a_plan_that_contradicts_the_sync_is_422(app: HttpApp) -> None:
    sync(app, T2=False, T5=True)
    answer = plan(app, T2 | {"long_term": False}, T5 | {"long_term": False})
    assert (answer.status, answer.pointers) == (422, ["/templates/1/long_term"])
    assert app.ask("GET /templates/stock").json["templates"] == []


# ---- what is asked for


def test_a_user_is_asked_until_the_stock_is_there(app: HttpApp) -> None:
    plan(app, T2, T5)
    for n, asked in enumerate([["T2", "T5"], ["T2"], ["T2"], []]):
        assert ask(app) == {"template_ids": asked, "long_term": False}
        for template_id in asked:
            tell(app, "accept", template_id, str(n))


@pytest.mark.parametrize(
    ("version", "ids"),
    [
        (None, 3),
        ("3.12.1", 5),
        ("3.12.0", 3),
        ("2.8.4", 3),
        ("2.4.4", 1),
        ("2.4.3", 0),
        ("4.0", 5),
        ("3.12.1.5", 5),
        ("3", 3),
        ("3.12.1-beta", 5),
        ("2.4.4+20260101", 1),
        ("3.12.1 dev.2", 5),
        ("3.12.1trial", 5),
    ],
)
def test_a_client_gets_as_many_as_it_takes(app: HttpApp, version: str | None, ids: int) -> None:
    plan(app, *(T5 | {"template_id": f"T{n}"} for n in range(9)))
    assert ask(app, version)["template_ids"] == [f"T{n}" for n in range(ids)]


@pytest.mark.parametrize(
    "version",
    [
        "",
        "3.",
        "3..1",
        "3.12.1.0.0",
        "3.12.x",
        "v3.12.1",
        "3.12.1\n",
        "٣.1.1",
        "9" * 6 + ".0.0",
        "beta",
        "3.12.1-" + "b" * 40,
    ],
)
def test_a_version_that_is_none_is_422(app: HttpApp, version: str) -> None:
    answer = app.ask("GET /me/next-ask", token=app.user, query={"sdk_version": version})
    assert (answer.status, answer.pointers) == (422, ["/sdk_version"])


def test_a_misspelt_query_is_422(app: HttpApp) -> None:
    assert app.ask("GET /me/next-ask", token=app.user, query={"version": "3.12.1"}).status == 422


def test_long_term_templates_come_by_themselves(app: HttpApp) -> None:
    sync(app, T2=False, T5=True)
    plan(app, T5, T2)
    assert ask(app) == {"template_ids": ["T5"], "long_term": True}
    tell(app, "accept", "T5", long_term=True)
    assert ask(app) == {"template_ids": ["T2"], "long_term": False}


def test_who_refused_is_not_asked_again_for_a_while_and_then_for_longer(app: HttpApp) -> None:
    plan(app, T2, T5, pause_hours=10)
    for pause in (10, 20):
        tell(app, "reject", "T2", f"before-{pause}")
        assert ask(app)["template_ids"] == ["T5"]
        app.now += pause * HOUR_MS - 1
        assert ask(app)["template_ids"] == ["T5"]
        app.now += 1
        assert ask(app)["template_ids"] == ["T2", "T5"]


def test_who_accepts_after_all_begins_anew(app: HttpApp) -> None:
    plan(app, T2, T5, pause_hours=10)
    tell(app, "reject", "T2", "tap-1")
    tell(app, "accept", "T2", "tap-2")
    assert ask(app)["template_ids"] == ["T5", "T2"]


def test_a_refusal_that_is_reported_again_changes_nothing(app: HttpApp) -> None:
    plan(app, T2, T5, pause_hours=10)
    tell(app, "reject", "T2", "tap-1")
    app.now += HOUR_MS
    tell(app, "reject", "T2", "tap-1")
    app.now += 9 * HOUR_MS
    assert ask(app)["template_ids"] == ["T2", "T5"]
    tell(app, "accept", "T2", "tap-2")
    tell(app, "reject", "T2", "tap-1")
    assert ask(app)["template_ids"] == ["T5", "T2"]


@pytest.mark.parametrize(
    ("result", "asked"), [("ban", ["T5"]), ("filter", ["T2", "T5"]), ("else", ["T2", "T5"])]
)
def test_what_was_not_the_users_word(app: HttpApp, result: str, asked: list[str]) -> None:
    plan(app, T2, T5, pause_hours=1)
    tell(app, result, "T2")
    app.now += 24 * HOUR_MS
    assert ask(app)["template_ids"] == asked


def test_what_a_back_end_reports_counts_alike(app: HttpApp) -> None:
    plan(app, T2)
    entry = {"id": "1", "template_id": "T2", "result": "reject"}
    answer = app.ask("POST /users/{openid}/permits", {"subscriptions": [entry]})
    assert answer.json["rejected"] == [{"pointer": "/subscriptions/0", "reason": "not_accepted"}]
    assert ask(app) == NOTHING


def test_who_opted_out_is_asked_for_nothing(app: HttpApp) -> None:
    plan(app, T2)
    app.ask("PATCH /me", {"opt_out": True}, token=app.user)
    assert ask(app) == NOTHING


# ---- what the sync says of long-term decides


def kinds(app: HttpApp) -> Any:
    permits = app.ask("GET /users/{openid}").json["permits"]
    return permits["once"], permits["long"]


def test_a_report_cannot_make_a_template_long_term_or_one_time(app: HttpApp) -> None:
    sync(app, T2=False, T5=True)
    tell(app, "accept", "T2", long_term=True)
    tell(app, "accept", "T5", "a")
    tell(app, "accept", "T5", "b", long_term=False)
    assert kinds(app) == ({"T2": 1}, ["T5"])


def test_a_sync_decides_also_for_what_was_stored_before_it(app: HttpApp) -> None:
    tell(app, "accept", "T2", long_term=True)
    tell(app, "accept", "T5", "a")
    tell(app, "accept", "T5", "b")
    assert kinds(app) == ({"T5": 2}, ["T2"])
    plan(app, T2, T5 | {"wanted": 100})
    sync(app, T2=False, T5=True)
    assert kinds(app) == ({"T2": 1}, ["T5"])
    assert ask(app) == {"template_ids": ["T2"], "long_term": False}


def send(app: HttpApp, template_id: str) -> str:
    data = {"thing1": {"value": "Yoga"}}
    body = {"type": "subscribe", "template_id": template_id, "touser": "anna", "data": data}
    answer = app.ask("POST /messages", body)
    assert answer.status == 200
    return str(answer.json["results"][0]["status"])


def test_messages_go_by_the_sync(app: HttpApp) -> None:
    tell(app, "accept", "T2", long_term=True)
    tell(app, "accept", "T5", "a")
    sync(app, T2=False, T5=True)
    assert [send(app, "T5") for _ in range(3)] == ["sent"] * 3
    assert [send(app, "T2") for _ in range(3)] == ["sent", "skipped", "skipped"]
    assert kinds(app) == ({}, ["T5"])
