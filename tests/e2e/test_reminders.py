"""Reminders on a running stack: queues, functions, and servers that stand for the providers."""

import re
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from support.campaign_client import wait_until
from support.reminders import SENDER_APP, strong_message
from support.running import MakeRun

from minipush.adapters.cipher import Cipher
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.apps import DynamoApps
from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.adapters.sqs_reminders import SqsReminderQueue
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName

pytestmark = pytest.mark.e2e

AWS = {"region_name": "us-east-1", "aws_access_key_id": "test", "aws_secret_access_key": "test"}
MAIL = "anna-of-reminders@example.com"


@dataclass
class Centre:
    """A user's requests, and what an app's back end would put."""

    run: MakeRun

    def __post_init__(self) -> None:
        self.providers = self.run.providers()
        with self.run.control() as wechat:
            user = wechat.add_user()
        self.openid = user.openid
        token = self.ask("POST", "/session", {"code": user.js_code}, token=None).json()["token"]
        self.token = str(token)
        session: Any = plain_json_session()
        table = session.client("dynamodb", endpoint_url=self.run.aws_url, **AWS)
        [name] = [name for name in table.list_tables()["TableNames"] if "-Centre-" in name]
        self.table = CentreTable(table, name)
        sqs = session.client("sqs", endpoint_url=self.run.aws_url, **AWS)
        urls = sqs.list_queues()["QueueUrls"]
        of = {n: next(url for url in urls if f"-{label}Reminders-" in url) for n, label in LABELS.items()}
        self.queue = SqsReminderQueue(sqs, of, milliseconds)
        DynamoApps(self.table, Cipher(lambda: "any")).add(SENDER_APP, "mpa_a-secret")
        self.table.put({**key(user_pk(self.openid), "B#wx1"), "level": {"S": "strong"}})

    def ask(self, method: str, path: str, body: Any = None, token: str | None = "") -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, self.run.api_url + path, json=body, headers=headers, timeout=60)

    def own(self, kind: str, address: str, provider: str) -> None:
        """Name an address and prove it by the code that arrives there."""
        assert self.ask("PUT", f"/me/channels/{kind}", {"address": address}).status_code == 202
        shown = wait_until(lambda: self.providers.shown(provider=provider, to=address), len)
        code = re.findall("[0-9]{6}", shown[-1]["text"])[0]
        assert self.ask("POST", f"/me/channels/{kind}/verify", {"code": code}).status_code == 200

    def push(self, name: str) -> str:
        now = milliseconds()
        message = strong_message(message_id(now, name), now, now + 600_000, openid=self.openid)
        self.queue.add(ChannelKind.BARK, message)
        assert DynamoInboxStore(self.table).put(message)
        return message.id

    def reminder(self, id_: str) -> dict[str, Any]:
        items = self.ask("GET", "/me/inbox").json()["items"]
        found: dict[str, Any] = next(item["reminder"] for item in items if item["id"] == id_)
        return found

    def outcome(self, id_: str) -> dict[str, Any]:
        return wait_until(lambda: self.reminder(id_), lambda seen: seen["status"] in FINAL)


LABELS = {
    ReminderQueueName.BARK: "Bark",
    ReminderQueueName.EMAIL: "Email",
    ReminderQueueName.SMS: "Sms",
    ReminderQueueName.WECHAT: "WeChat",
}
FINAL = ("sent", "failed", "skipped", "unknown")


@pytest.fixture(scope="module")
def centre(centre_stack: MakeRun) -> Centre:
    made = Centre(centre_stack)
    made.own("bark", made.providers.add_device(), "bark")
    made.own("email", MAIL, "smtp")
    return made


def test_a_reminder_arrives_within_seconds(centre: Centre) -> None:
    begun = time.monotonic()
    id_ = centre.push("one")
    assert centre.outcome(id_) == {"status": "sent", "channel": "bark"}
    assert time.monotonic() - begun < 10
    [shown] = centre.providers.shown(provider="bark", id=id_)
    assert (shown["rings"], "roses" in shown["text"]) == (1, True)


def test_a_lost_answer_shows_the_reminder_once(centre: Centre) -> None:
    centre.providers.fault("reset_after", provider="bark")
    id_ = centre.push("two")
    assert centre.outcome(id_)["status"] == "sent"
    assert len(centre.providers.shown(provider="bark", id=id_)) == 1


def test_a_dead_key_leads_to_the_mail_and_a_notice_in_the_inbox(centre: Centre) -> None:
    centre.providers.fault("refuse", provider="bark", code="BadDeviceToken")
    id_ = centre.push("three")
    assert centre.outcome(id_) == {"status": "sent", "channel": "email"}
    [mail] = [shown for shown in centre.providers.shown(provider="smtp") if id_ in str(shown)]
    assert mail["to"] == MAIL
    statuses = {one["kind"]: one["status"] for one in centre.ask("GET", "/me/channels").json()["items"]}
    assert statuses == {"bark": "dead", "email": "verified"}
    notices = [
        item for item in centre.ask("GET", "/me/inbox").json()["items"] if item["from"]["kind"] == "centre"
    ]
    assert len(notices) == 1


def test_operators_see_the_channels(centre: Centre) -> None:
    answer = centre.ask("GET", "/centre/channels", token=centre.run.operator_key)
    listed = {one["kind"]: one for one in answer.json()["items"]}
    assert listed.keys() == {"bark", "email", "sms", "official", "subscribe"}
    assert {one["breaker"] for one in listed.values()} == {"closed"}
    moved = centre.ask("POST", "/centre/channels/bark/redrive", token=centre.run.operator_key)
    assert moved.json() == {"moved": 0, "left": 0}
