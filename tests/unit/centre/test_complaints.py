"""Complaints, decisions and the record, over HTTP."""

from dataclasses import replace
from typing import Any

import pytest
from support.centre_inbox import DAY, SHOP, inbox_message
from support.http_app import KEY, NOW, Answer, HttpApp, hashed
from support.sample_apps import SECRET
from support.sample_apps import app as sample_app

from minipush.application.cursors import Cursors
from minipush.domain.centre.complaints import counted_as
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import RefusedError
from minipush.wechat.text_check import Suggestion, TextVerdict

COMPLAIN = "POST /me/inbox/{message_id}/complaint"
DECIDE = "POST /centre/complaints/{complaint_id}/decision"
SANCTION = "POST /centre/apps/{appid}/sanctions"
LIFT = "POST /centre/sanctions/{sanction_id}/lift"
RECORD = "GET /centre/apps/{appid}/record"
BAN = {"kind": "ban", "rule": "spam", "note": "n"}


@pytest.fixture(autouse=True)
def shop(app: HttpApp) -> None:
    app.apps.add(sample_app(appid=SHOP.id), SECRET)


def stored(app: HttpApp, number: int = 1, openid: str = "anna", **changes: Any) -> InboxMessage:
    given = {"content": Content(title=f"offer {number}", body="B")} | changes
    message = inbox_message(f"{openid} {number}", app.now, openid=openid, until=app.now + DAY, **given)
    assert app.inbox.put(message)
    return message


def ask(app: HttpApp, route: str, body: Any = None, token: str | None = None, **ids: str) -> Answer:
    return app.ask(route, body, token=token or KEY, path=ids)


def complain(
    app: HttpApp, message: InboxMessage, category: str = "advert", text: str | None = None
) -> Answer:
    body = {"category": category} | ({"text": text} if text else {})
    token = app.access.issue_session(message.openid)
    return ask(app, COMPLAIN, body, token, message_id=message.id)


def decide(app: HttpApp, id_: str, verdict: str = "upheld", **more: str) -> Answer:
    return ask(app, DECIDE, {"verdict": verdict, "note": "n"} | more, complaint_id=id_)


def test_a_complaint_is_201_and_the_same_one_200_again(app: HttpApp) -> None:
    message = stored(app)
    first, again = complain(app, message, text="烦"), complain(app, message, "fraud")
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    complaint = first.json
    assert len(complaint.pop("id")) > 20
    assert complaint.pop("at")
    assert complaint == {
        "message_id": message.id,
        "appid": "wx-shop",
        "category": "advert",
        "text": "烦",
        "status": "open",
    }


def test_a_user_sees_what_became_of_the_own_complaints(app: HttpApp) -> None:
    first, second = (complain(app, stored(app, n)).json["id"] for n in (1, 2))
    complain(app, stored(app, 1, "bob"))
    decide(app, first, category="misleading")
    decide(app, second, "rejected")
    items = app.ask("GET /me/complaints", token=app.user).json["items"]
    assert {one["id"]: (one["status"], one["category"]) for one in items} == {
        first: ("upheld", "advert"),
        second: ("rejected", "advert"),
    }
    assert not [one for one in items if "note" in one or "decision" in one]


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"openid": "bob"}, 404, "unknown-case"),
        ({"sender": Sender(SenderKind.KEY, "k", "mine")}, 422, "complaint-refused"),
        ({"is_deleted": True}, 404, "unknown-case"),
    ],
)
def test_what_nobody_may_complain_about(
    app: HttpApp, changes: dict[str, Any], status: int, problem: str
) -> None:
    message = stored(app, **changes)
    answer = ask(app, COMPLAIN, {"category": "advert"}, app.user, message_id=message.id)
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (status, problem)
    assert answer.is_a_problem()


def test_a_message_older_than_30_days_is_422(app: HttpApp) -> None:
    old = inbox_message("old", app.now - 30 * DAY - 1, openid="anna", until=app.now + DAY)
    assert app.inbox.put(old)
    answer = complain(app, old)
    assert (answer.status, answer.json["detail"]) == (422, "The message is older than 30 days.")


def test_operators_read_what_was_said_and_not_by_whom(app: HttpApp) -> None:
    message = stored(app)
    id_ = complain(app, message, text="骗人").json["id"]
    [case] = app.ask("GET /centre/complaints", query={"status": "open"}).json["items"]
    assert case["id"] == id_
    assert case["message"] == {"title": "offer 1", "body": "B"}
    assert case["text"] == "骗人"
    assert "anna" not in str(case)
    assert counted_as("anna") not in str(case)


def test_operators_read_all_texts_of_the_message(app: HttpApp) -> None:
    texts = {
        "title": "T",
        "body": "B",
        "markdown": "**B**",
        "url": "https://a.example/",
        "page": "pages/a",
        "copy": "42",
    }
    id_ = complain(app, stored(app, content=Content(**texts))).json["id"]
    [case] = app.ask("GET /centre/complaints").json["items"]
    assert case["message"] == texts
    assert decide(app, id_).json["message"] == texts


def test_a_user_is_the_same_one_in_all_complaints(app: HttpApp) -> None:
    for openid, number in (("anna", 1), ("anna", 2), ("bob", 3)):
        complain(app, stored(app, number, openid))
        app.now += 1
    bob, *annas = [case["user"] for case in app.ask("GET /centre/complaints").json["items"]]
    assert len(set(annas)) == 1
    assert bob not in annas


def test_who_has_complained_may_complain_about_another_text_that_replaced_the_first(app: HttpApp) -> None:
    message = stored(app)
    decide(app, complain(app, message).json["id"], "rejected")
    replaced = replace(message, content=Content(title="pay here", body="B"))
    app.inbox.messages[message.openid][message.place] = replaced
    again = complain(app, replaced, "fraud")
    assert (again.status, again.json["category"], again.json["status"]) == (201, "fraud", "open")
    assert complain(app, replaced, "advert").json == again.json
    [case] = app.ask("GET /centre/complaints", query={"status": "open"}).json["items"]
    assert case["message"] == {"title": "pay here", "body": "B"}
    ids = {one["id"] for one in app.ask("GET /me/complaints", token=app.user).json["items"]}
    assert len(ids) == 2


def test_the_complaint_about_a_message_that_is_gone_is_still_there(app: HttpApp) -> None:
    message = stored(app)
    first = complain(app, message)
    app.inbox.messages[message.openid][message.place] = replace(message, is_deleted=True)
    assert (complain(app, message).status, complain(app, message).json) == (200, first.json)


def test_a_decision_says_what_follows(app: HttpApp) -> None:
    id_ = complain(app, stored(app)).json["id"]
    answer = decide(app, id_, category="fraud")
    assert answer.status == 200
    decided = answer.json
    assert (decided["status"], decided["points"], decided["upheld_as"]) == ("upheld", 12, "fraud")
    assert (decided["sanction"]["kind"], decided["sanction"]["until"]) == ("ban", None)
    assert decided["decision"]["by"] == "backend"


def test_a_second_decision_is_409_and_changes_nothing(app: HttpApp) -> None:
    id_ = complain(app, stored(app)).json["id"]
    decide(app, id_, "rejected")
    answer = decide(app, id_, category="fraud")
    assert (answer.status, answer.is_a_problem()) == (409, True)
    assert app.ask("GET /centre/complaints", query={"status": "upheld"}).json["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "upheld"},
        {"verdict": "maybe", "note": "n"},
        {"verdict": "upheld", "note": ""},
        {"verdict": "upheld", "note": " \u200b"},
        {"verdict": "upheld", "note": "n", "category": "rude"},
    ],
)
def test_a_decision_without_a_verdict_or_a_reason_is_422(app: HttpApp, body: dict[str, Any]) -> None:
    id_ = complain(app, stored(app)).json["id"]
    assert ask(app, DECIDE, body, complaint_id=id_).status == 422


@pytest.mark.parametrize("id_", ["x", "0" * 20 + "-wx-shop", "../x"])
@pytest.mark.parametrize(
    ("route", "name"),
    [
        (DECIDE, "complaint_id"),
        (LIFT, "sanction_id"),
        ("POST /centre/appeals/{appeal_id}/decision", "appeal_id"),
    ],
)
def test_a_case_that_does_not_exist_is_404(app: HttpApp, route: str, name: str, id_: str) -> None:
    body = {"note": "n"} if route == LIFT else {"verdict": "upheld", "note": "n"}
    answer = ask(app, route, body, **{name: id_})
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (404, "unknown-case")


@pytest.mark.parametrize("token", ["mp_reader", None])
@pytest.mark.parametrize("route", ["GET /centre/complaints", "GET /centre/appeals"])
def test_cases_take_the_scope_moderate(app: HttpApp, route: str, token: str | None) -> None:
    assert app.ask(route, token=token).status == (403 if token else 401)
    assert app.ask(route, token=app.user).status == 403


def test_a_sanction_is_imposed_and_lifted_and_both_are_in_the_record(app: HttpApp) -> None:
    imposed = ask(app, SANCTION, BAN, appid="wx-shop")
    assert (imposed.status, imposed.json["until"]) == (201, None)
    lifted = ask(app, LIFT, {"note": "mended"}, sanction_id=imposed.json["id"])
    assert (lifted.status, lifted.json["lifted"]["note"]) == (200, "mended")
    assert ask(app, LIFT, {"note": "again"}, sanction_id=imposed.json["id"]).status == 409
    lines = ask(app, RECORD, appid="wx-shop").json["items"]
    assert [(line["act"], line["by"], line["note"]) for line in lines] == [
        ("sanction_lifted", "backend", "mended"),
        ("sanction_imposed", "backend", "n"),
    ]


@pytest.mark.parametrize("place", ["x#1", "r#~~", "r#1"])
def test_a_cursor_of_another_list_than_the_record_is_refused(app: HttpApp, place: str) -> None:
    answer = app.ask(
        RECORD, path={"appid": "wx-shop"}, query={"cursor": Cursors("record", "wx-shop").write(place)}
    )
    assert (answer.status, answer.json["type"].rpartition("#")[2]) == (422, "invalid-cursor")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (BAN | {"until": "2020-01-01T00:00:00Z"}, "/until"),
        (BAN | {"kind": "hold"}, "/kind"),
        (BAN | {"rule": ""}, "/rule"),
        ({"kind": "ban", "rule": "spam"}, "/note"),
        ({"kind": "ban", "rule": "spam", "note": "\n"}, "/note"),
        ({"kind": "ban", "rule": " ", "note": "n"}, "/rule"),
    ],
)
def test_a_sanction_that_makes_no_sense_is_422(app: HttpApp, body: dict[str, Any], pointer: str) -> None:
    answer = ask(app, SANCTION, body, appid="wx-shop")
    assert (answer.status, answer.pointers) == (422, [pointer])


def test_an_unknown_app_is_404(app: HttpApp) -> None:
    assert ask(app, SANCTION, BAN, appid="wx-none").status == 404


def test_a_text_that_waits_is_checked_when_the_inbox_is_opened(app: HttpApp) -> None:
    stored(app, text_check=TextCheck.PENDING)
    [shown] = app.ask("GET /me/inbox", token=app.user).json["items"]
    assert (shown["title"], shown["checked"]) == ("offer 1", True)
    assert app.text_check.asked == [("offer 1B", "anna")]


def test_a_risky_text_is_hidden_when_the_inbox_is_opened_and_stays_so(app: HttpApp) -> None:
    stored(app, text_check=TextCheck.PENDING)
    app.text_check.verdict = TextVerdict(Suggestion.RISKY, 20006)
    for _ in range(2):
        [shown] = app.ask("GET /me/inbox", token=app.user).json["items"]
        assert shown["content_blocked"] is True
        assert "offer" not in str(shown)
    assert app.moderation.blocked == {("wx-shop", NOW // DAY): 1}


def test_while_wechat_is_down_the_inbox_says_that_a_text_is_unchecked(app: HttpApp) -> None:
    stored(app, text_check=TextCheck.PENDING)
    app.text_check.failure = RefusedError(code_of(-1))
    [shown] = app.ask("GET /me/inbox", token=app.user).json["items"]
    assert shown["checked"] is False
    assert "offer" not in str(shown)


def test_the_audit_names_the_case_and_the_verdict(app: HttpApp) -> None:
    id_ = complain(app, stored(app)).json["id"]
    decide(app, id_)
    act = app.audit.acts[-1]
    assert act.about == {"case": id_, "verdict": "upheld"}


def test_a_second_operator_key_is_another_name(app: HttpApp) -> None:
    app.secret["operator_keys"].append(
        {"name": "second", "scopes": ["moderate"], "hash": hashed("mp_second")}
    )
    id_ = complain(app, stored(app)).json["id"]
    body = {"verdict": "rejected", "note": "n"}
    assert ask(app, DECIDE, body, "mp_second", complaint_id=id_).json["decision"]["by"] == "second"
