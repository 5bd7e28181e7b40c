"""Complaints, sanctions and the text check, as the functions run them: real tables, a simulated WeChat."""

from typing import Any

import pytest
from support.centre_inbox import DAY, inbox_message
from support.deployment import Deployment, operator

from minipush.adapters.clock import milliseconds
from minipush.container.message_centre import message_centre
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck

pytestmark = pytest.mark.emulator

APPID = "wx5e1f0000c0ffee02"
SHOP = Sender(SenderKind.APP, APPID, "Shop")
UPHELD: dict[str, Any] = {"verdict": "upheld", "category": "fraud", "note": "no such prize"}


@pytest.fixture(autouse=True)
def two_operators(deployment: Deployment) -> None:
    keys = [operator(scope) for scope in ("admin", "read", "moderate")]
    second = operator("second") | {"scopes": ["moderate"]}
    deployment.set_operator_keys(*keys, second)


def stored(openid: str, title: str, **changes: Any) -> InboxMessage:
    now = milliseconds()
    content = Content(title=title, body="B")
    message = inbox_message(
        title, now, openid=openid, sender=SHOP, content=content, until=now + DAY, **changes
    )
    assert message_centre().inbox.put(message)
    return message


def listed(deployment: Deployment, token: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = deployment.call("read-inbox", token=token, query={"limit": "20"}).json[
        "items"
    ]
    return items


def test_a_complaint_becomes_a_ban_and_an_appeal_ends_it(deployment: Deployment) -> None:
    secret = deployment.call("register-app", token="mp_admin").json["secret"]
    openid, token = deployment.log_in()
    message = stored(openid, "中奖")
    path = {"message_id": message.id}
    complaint = deployment.call("complain", token=token, path=path)
    assert complaint.status == 201
    assert deployment.call("complain", token=token, path=path).status == 200
    [case] = deployment.call("list-complaints", token="mp_moderate").json["items"]
    decided = deployment.call(
        "decide-complaint", UPHELD, token="mp_moderate", path={"complaint_id": case["id"]}
    )
    assert (decided.status, decided.json["sanction"]["rule"]) == (200, "points_12")
    again = deployment.call("decide-complaint", UPHELD, token="mp_second", path={"complaint_id": case["id"]})
    assert again.status == 409

    own = deployment.call("read-own-app", token=secret).json
    assert (own["status"], [one["points"] for one in own["points"]]) == ("banned", [12])
    appeal = {"sanction_id": own["sanctions"][0]["id"], "text": "we did not"}
    assert deployment.call("appeal-sanction", appeal, token=secret).status == 201
    [waiting] = deployment.call("list-appeals", token="mp_second").json["items"]
    to, verdict = {"appeal_id": waiting["id"]}, {"verdict": "upheld", "note": "right"}
    assert deployment.call("decide-appeal", verdict, token="mp_moderate", path=to).status == 403
    assert deployment.call("decide-appeal", verdict, token="mp_second", path=to).status == 200

    record = deployment.call("read-record", token="mp_moderate").json["items"]
    assert [(line["act"], line["by"]) for line in record] == [
        ("appeal_upheld", "second"),
        ("appeal_made", "app"),
        ("sanction_imposed", "moderate"),
        ("complaint_upheld", "moderate"),
    ]
    app = message_centre().apps.read(APPID)
    assert app
    assert not app.is_banned(milliseconds())
    mine = deployment.call("list-my-complaints", token=token).json["items"]
    assert [one["status"] for one in mine] == ["upheld"]


def test_texts_that_wait_are_checked_under_the_readers_openid(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    deployment.simulator.control.configure(risky_words={"赌场": 20006})
    stored(openid, "去赌场", text_check=TextCheck.PENDING)
    stored(openid, "茶", text_check=TextCheck.PENDING)
    shown = {
        (one.get("title"), one["checked"], one.get("content_blocked")) for one in listed(deployment, token)
    }
    assert shown == {(None, True, True), ("茶", True, None)}


def test_an_owner_who_has_just_logged_in_answers_for_a_push(deployment: Deployment) -> None:
    owner, _ = deployment.log_in()
    deployment.simulator.control.configure(risky_words={"赌场": 20006})
    deployment.call("register-app", token="mp_admin")
    app = message_centre().apps.change(APPID, {"owner_openid": owner})
    assert app
    check = message_centre().check_push_text
    found = [check(app, content) for content in (Content(title="茶"), Content(title="去赌", body="场"))]
    assert found == [TextCheck.PASSED, TextCheck.BLOCKED]
    [line] = deployment.call("read-record", token="mp_moderate").json["items"]
    assert (line["act"], line["by"]) == ("text_blocked", "automatic")


def test_without_an_owner_who_was_here_lately_a_text_waits(deployment: Deployment) -> None:
    deployment.call("register-app", token="mp_admin")
    app = message_centre().apps.change(APPID, {"owner_openid": "nobody"})
    assert app
    assert message_centre().check_push_text(app, Content(title="茶")) is TextCheck.PENDING
