"""What becomes of a push's text, from the app to the inbox, over HTTP."""

from typing import Any

import pytest
from support.centre_inbox import REF
from support.http_app import NOW, HttpApp
from support.sample_apps import APPID, SECRET
from support.sample_apps import app as sample_app

from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.pushes import Addressee
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import RefusedError
from minipush.wechat.text_check import Suggestion, TextVerdict

TO_ANNA = {"key": "bAnna"}
RISKY = TextVerdict(Suggestion.RISKY, 20006)
DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def app(app: HttpApp) -> HttpApp:
    """The app's owner has just logged in."""
    app.apps.add(sample_app(owner_openid="o-owner"), SECRET)
    sender = Sender(SenderKind.APP, APPID, "Shop")
    anna = Addressee(openid="anna", key_ref=REF, sender=sender, level=Level.WEAK, channels=())
    app.addressees.bindings[APPID, "bAnna"] = anna
    app.store.record_login("o-owner", None, NOW)
    return app


def push(app: HttpApp, **fields: Any) -> dict[str, Any]:
    answer = app.ask("POST /centre/messages", {"to": TO_ANNA} | fields, token=SECRET)
    assert answer.status == 200, answer.json
    [result] = answer.json["results"]
    return dict(result)


def inbox(app: HttpApp) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = app.ask("GET /me/inbox", token=app.user).json["items"]
    return items


def test_a_text_that_passes_is_checked_under_the_owners_openid_alone(app: HttpApp) -> None:
    push(app, title="茶")
    assert [item["title"] for item in inbox(app)] == ["茶"]
    assert app.text_check.asked == [("茶", "o-owner")]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "赌场"},
        {"body": "赌场"},
        {"title": "赌", "body": "场"},
        {"url": "https://a.example/%E8%B5%8C%E5%9C%BA"},
    ],
)
def test_a_risky_text_is_not_stored_and_counts_against_the_app(app: HttpApp, fields: dict[str, str]) -> None:
    app.text_check.verdict = RISKY
    given = {"title": "T"} | fields
    assert push(app, **given) == {"to": TO_ANNA, "status": "failed", "reason": "content_blocked"}
    assert "赌场" in app.text_check.asked[0][0]
    assert inbox(app) == []
    assert app.moderation.blocked == {(APPID, NOW // DAY_MS): 1}


def test_a_message_is_not_replaced_by_a_risky_one(app: HttpApp) -> None:
    push(app, title="茶", id="7")
    app.text_check.verdict = RISKY
    assert push(app, title="赌场", id="7")["reason"] == "content_blocked"
    assert [item["title"] for item in inbox(app)] == ["茶"]


def test_while_nobody_can_be_asked_the_app_knows_that_the_text_waits(app: HttpApp) -> None:
    app.text_check.failure = RefusedError(code_of(-1))
    id_ = push(app, title="茶")["message_id"]
    [shown] = inbox(app)
    assert (shown["checked"], "title" in shown) == (False, False)
    receipt = app.ask("GET /centre/messages/{message_id}", token=SECRET, path={"message_id": id_})
    assert receipt.json["checked"] is False
    app.text_check.failure = None
    assert [item["title"] for item in inbox(app)] == ["茶"]
