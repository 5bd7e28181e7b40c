"""Reminders inside WeChat on a running stack: by the official account, and through the permit ledger."""

from dataclasses import dataclass
from typing import Any

import pytest
import requests
from support.campaign_client import wait_until
from support.reminders import SENDER_APP, strong_message
from support.running import MakeRun

from local.simulator.wechat import APPID
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
FINAL = ("sent", "failed", "skipped", "unknown")


@dataclass
class Reader:
    """A user of the mini-program."""

    run: MakeRun

    def __post_init__(self) -> None:
        with self.run.control() as wechat:
            user = wechat.add_user()
        self.openid = user.openid
        self.token = str(self.ask("POST", "/session", {"code": user.js_code}, token=None).json()["token"])
        session: Any = plain_json_session()
        dynamodb = session.client("dynamodb", endpoint_url=self.run.aws_url, **AWS)
        [name] = [name for name in dynamodb.list_tables()["TableNames"] if "-Centre-" in name]
        self.table = CentreTable(dynamodb, name)
        sqs = session.client("sqs", endpoint_url=self.run.aws_url, **AWS)
        [url] = [url for url in sqs.list_queues()["QueueUrls"] if "-WeChatReminders-" in url]
        self.queue = SqsReminderQueue(sqs, {ReminderQueueName.WECHAT: url}, milliseconds)
        DynamoApps(self.table, Cipher(lambda: "any")).add(SENDER_APP, "mpa_a-secret")
        self.table.put({**key(user_pk(self.openid), "B#wx1"), "level": {"S": "strong"}})

    def ask(self, method: str, path: str, body: Any = None, token: str | None = "") -> requests.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.token}"}
        return requests.request(method, self.run.api_url + path, json=body, headers=headers, timeout=60)

    def link(self, kind: str) -> requests.Response:
        return self.ask("PUT", f"/me/channels/{kind}", {})

    def push(self, kind: ChannelKind, name: str) -> dict[str, Any]:
        """The outcome of a strong message's reminder."""
        now = milliseconds()
        message = strong_message(message_id(now, name), now, now + 600_000, openid=self.openid)
        self.queue.add(kind, message)
        assert DynamoInboxStore(self.table).put(message)

        def reminder() -> dict[str, Any]:
            items = self.ask("GET", "/me/inbox").json()["items"]
            found: dict[str, Any] = next(item["reminder"] for item in items if item["id"] == message.id)
            return found | {"id": message.id}

        return wait_until(reminder, lambda seen: seen["status"] in FINAL)


@pytest.fixture
def deployed(centre_stack: MakeRun) -> MakeRun:
    return centre_stack


def test_a_follower_is_reminded_by_the_official_account(deployed: MakeRun) -> None:
    reader = Reader(deployed)
    assert reader.link("official").status_code >= 400
    with deployed.control() as wechat:
        there = wechat.follow(reader.openid)[reader.openid]
        wait_until(lambda: reader.link("official").status_code, lambda status: status == 200)
        outcome = reader.push(ChannelKind.OFFICIAL, "a123456789")
        assert (outcome["status"], outcome["channel"]) == ("sent", "official")
        [message] = wechat.messages(there)
    assert (message["template_id"], message["client_msg_id"]) == ("O1", outcome["id"])
    assert set(message["data"]) == {"thing1", "time2"}
    assert message["miniprogram"] == {"appid": APPID, "pagepath": "pages/inbox/index"}


def test_an_accept_is_spent_on_a_reminder(deployed: MakeRun) -> None:
    reader = Reader(deployed)
    assert reader.link("subscribe").status_code >= 400
    with deployed.control() as wechat:
        wechat.accept(reader.openid, "S1")
        given = [{"id": "1", "template_id": "S1", "result": "accept"}]
        assert reader.ask("POST", "/collect", {"subscriptions": given}).status_code == 200
        assert reader.link("subscribe").status_code == 200
        outcome = reader.push(ChannelKind.SUBSCRIBE, "b123456789")
        assert (outcome["status"], outcome["channel"]) == ("sent", "subscribe")
        [message] = wechat.messages(reader.openid)
    assert (message["template_id"], message["page"]) == ("S1", "pages/inbox/index")
