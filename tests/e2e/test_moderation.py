"""Complaints, bans and the text check on a running stack, over HTTP."""

import json
import subprocess
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from support.centre_inbox import DAY, inbox_message
from support.racing import at_once
from support.running import MakeRun

from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck

pytestmark = pytest.mark.e2e

AWS: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
APPID = "wx5e1f0000c0ffee05"
SHOP = Sender(SenderKind.APP, APPID, "Shop")
BANNED_WITHIN_SECONDS = 10


@dataclass
class Centre:
    """Users, an app and two operators, as they call the API. Messages are put where a push puts them."""

    run: MakeRun
    second_key: str

    def __post_init__(self) -> None:
        client = plain_json_session().client("dynamodb", endpoint_url=self.run.aws_url, **AWS)
        [name] = [name for name in client.list_tables()["TableNames"] if "-Centre-" in name]
        self.inbox = DynamoInboxStore(CentreTable(client, name))

    def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {key or self.run.operator_key}"}
        return requests.request(method, self.run.api_url + path, json=body, headers=headers, timeout=60)

    def log_in(self) -> tuple[str, str]:
        """A user's openid and session."""
        with self.run.control() as wechat:
            user = wechat.add_user()
        session = self.ask("POST", "/session", {"code": user.js_code}).json()
        return user.openid, session["token"]

    def message(self, openid: str, title: str, **changes: Any) -> InboxMessage:
        now, content = milliseconds(), Content(title=title)
        given = {"sender": SHOP, "content": content, "until": now + DAY} | changes
        made = inbox_message(f"{openid} {title}", now, openid=openid, **given)
        assert self.inbox.put(made)
        return made

    def complaint(self, title: str) -> str:
        """The id of a complaint of a new user."""
        openid, token = self.log_in()
        path = f"/me/inbox/{self.message(openid, title).id}/complaint"
        answer = self.ask("POST", path, {"category": "fraud"}, token)
        assert answer.status_code == 201
        return str(answer.json()["id"])

    def decide(self, complaint_id: str, key: str | None = None) -> requests.Response:
        body = {"verdict": "upheld", "note": "seen"}
        return self.ask("POST", f"/centre/complaints/{complaint_id}/decision", body, key)

    def own(self, secret: str) -> dict[str, Any]:
        answer = self.ask("GET", "/centre/app", key=secret)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def centre(centre_stack: MakeRun) -> Centre:
    command = ["make", "--no-print-directory", "operator-key", f"AWS_PORT={centre_stack.aws_port}"]
    made = subprocess.run(
        [*command, "NAME=second", "SCOPES=moderate"], capture_output=True, text=True, check=True
    )
    return Centre(centre_stack, made.stdout.strip())


def test_a_message_that_many_complain_about_bans_an_app_once_until_its_appeal_is_won(centre: Centre) -> None:
    secret = centre.ask("POST", "/centre/apps", {"appid": APPID, "name": "Shop"}).json()["secret"]
    first, *others = [centre.complaint("the same prize") for _ in range(4)]
    keys = (centre.run.operator_key, centre.second_key)
    race = at_once([lambda key=key: centre.decide(first, key).status_code for key in keys])  # type: ignore[misc]
    assert sorted(race) == [200, 409]
    assert {centre.decide(other).json()["points"] for other in others} == {0}

    banned_at = time.monotonic()
    while (answer := centre.ask("POST", "/centre/app/secret", key=secret)).status_code == 201:
        assert time.monotonic() - banned_at < BANNED_WITHIN_SECONDS
        secret = answer.json()["secret"]
    assert (answer.status_code, answer.json()["title"]) == (403, "The app is banned")
    own = centre.own(secret)
    assert (own["status"], [one["points"] for one in own["points"]]) == ("banned", [12])
    [ban] = own["sanctions"]
    assert (ban["kind"], ban["until"], ban["rule"]) == ("ban", None, "points_12")

    appeal = {"sanction_id": ban["id"], "text": "our key was stolen"}
    to = f"/centre/appeals/{centre.ask('POST', '/centre/app/appeals', appeal, secret).json()['id']}/decision"
    appeals = centre.ask("GET", "/centre/appeals?status=open").json()["items"]
    [waiting] = [one for one in appeals if one["sanction"]["id"] == ban["id"]]
    own_key, other_key = keys if waiting["sanction"]["by"] != "second" else keys[::-1]
    verdict = {"verdict": "upheld", "note": "true"}
    assert centre.ask("POST", to, verdict, own_key).status_code == 403
    assert centre.ask("POST", to, verdict, other_key).status_code == 200
    assert centre.ask("POST", to, verdict, other_key).status_code == 409
    assert centre.own(secret)["points"] == []
    lines = centre.ask("GET", f"/centre/apps/{APPID}/record").json()["items"]
    acts = [line["act"] for line in lines]
    assert [acts.count(act) for act in ("complaint_upheld", "sanction_imposed", "appeal_upheld")] == [4, 1, 1]
    assert all(line["at"] and line["by"] for line in lines)


def test_texts_that_wait_are_shown_or_hidden_when_the_inbox_is_opened(centre: Centre) -> None:
    openid, token = centre.log_in()
    with centre.run.control() as wechat:
        wechat.configure(risky_words={"赌场": 20006})
    for title in ("茶", "去赌场"):
        centre.message(openid, title, text_check=TextCheck.PENDING)
    items = centre.ask("GET", "/me/inbox", key=token).json()["items"]
    assert [(one.get("title"), one["checked"], one.get("content_blocked")) for one in items] == [
        (None, True, True),
        ("茶", True, None),
    ]
    assert "赌场" not in json.dumps(items, ensure_ascii=False)
