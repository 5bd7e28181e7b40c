"""Pushes into inboxes by the deployed functions, and what they cost."""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from support.centre_items import CentreItems
from support.deployment import Deployment

from minipush.adapters.dynamodb.centre.keys import user_pk
from minipush.application.centre import limit_pushes
from minipush.application.centre.check_push_text import CheckPushText
from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.domain.centre.apps import App
from minipush.domain.centre.inbox import Content, TextCheck
from minipush.domain.centre.reminders import ChannelKind
from minipush.domain.timestamps import iso

pytestmark = pytest.mark.emulator

WRITES = {"PutItem", "UpdateItem", "DeleteItem"}
BINDING_KEY, PERSONAL_KEY = "bAda", "kAda"
APPID = "wx5e1f0000c0ffee02"
WEAK: dict[str, Any] = {"level": {"S": "weak"}}


@dataclass
class World:
    deployment: Deployment
    writes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.openid, self.token = self.deployment.log_in()
        self.secret = str(self.deployment.call("register-app", token="mp_admin").json["secret"])
        self.items = CentreItems(message_centre().table)
        container().dynamodb.meta.events.register("before-call.dynamodb", self._count)

    def _count(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name in WRITES:
            self.writes[model.name] += 1
        elif model.name.startswith(("Transact", "Batch")) and "Get" not in model.name:
            self.writes[model.name] += params["body"].count(b'"Key"') + params["body"].count(b'"Item"')

    def push(self, **changes: Any) -> Any:
        body = {"to": {"key": BINDING_KEY}, "title": "Parcel"} | changes
        headers = {"idempotency-key": changes.pop("key")} if "key" in changes else {}
        body.pop("key", None)
        self.writes.clear()
        return self.deployment.call("push-messages", body, token=self.secret, headers=headers)

    def inbox(self) -> list[dict[str, Any]]:
        return list(self.deployment.call("read-inbox", token=self.token).json["items"])


@pytest.fixture
def world(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> World:
    """Where the random place of a process in its hundred of messages were the last one, its first push would count them."""
    monkeypatch.setattr(limit_pushes, "random", SimpleNamespace(randrange=lambda _: 0))
    return World(deployment)


def test_a_weak_push_is_one_write_and_a_key_of_idempotency_two_more(world: World) -> None:
    world.items.bind(world.openid, BINDING_KEY, APPID, **WEAK)
    assert world.push().json["results"][0]["status"] == "stored"
    assert world.writes == {"PutItem": 1}
    # The first request of a second costs a process no write: see LimitPushes.
    message_centre.cache_clear()
    world.push(key="k")
    assert sum(world.writes.values()) == 1 + 2


def test_a_strong_push_is_one_write_and_a_job(world: World) -> None:
    world.items.bind(world.openid, BINDING_KEY, APPID)
    world.items.verify(world.openid, ChannelKind.BARK)
    assert world.push().json["results"][0]["status"] == "stored"
    assert world.writes == {"PutItem": 1}
    [item] = world.inbox()
    assert item["reminder"] == {"status": "queued"}
    url = world.deployment.environment["BARK_REMINDERS_URL"]
    [job] = world.deployment.sqs.receive_message(QueueUrl=url)["Messages"]
    assert item["id"] in job["Body"]


def test_reading_all_is_one_write(world: World) -> None:
    world.items.bind(world.openid, BINDING_KEY, APPID, **WEAK)
    for n in range(5):
        world.push(title=str(n))
    world.writes.clear()
    before = {"before": iso(container().clock() + 1_000)}
    assert world.deployment.call("mark-messages-read", before, token=world.token).json["unread"] == 0
    assert world.writes == {"UpdateItem": 1}


def test_a_push_by_key_is_one_write(world: World) -> None:
    world.items.make_key(world.openid, PERSONAL_KEY)
    world.writes.clear()
    body = {"device_key": PERSONAL_KEY, "title": "Backup", "body": "done"}
    answer = world.deployment.call("push-by-key", body)
    assert (answer.status, answer.json["message"]) == (200, "success")
    assert world.writes == {"PutItem": 1}
    assert [(item["from"], item["body"]) for item in world.inbox()] == [
        ({"kind": "key", "name": "my server"}, "done")
    ]


def test_a_message_that_is_replaced_and_recalled_is_gone(world: World) -> None:
    world.items.bind(world.openid, BINDING_KEY, APPID, **WEAK)
    first = world.push(id="order-7").json["results"][0]
    second = world.push(id="order-7", title="Late").json["results"][0]
    assert first == second
    assert [item["title"] for item in world.inbox()] == ["Late"]
    path = {"message_id": first["message_id"]}
    assert world.deployment.call("read-receipt", token=world.secret, path=path).json["checked"]
    assert world.deployment.call("recall-message", token=world.secret, path=path).status == 204
    assert world.inbox() == []
    assert world.deployment.call("read-receipt", token=world.secret, path=path).status == 404


@pytest.mark.parametrize("by_operator", [False, True])
def test_a_person_is_erased_by_the_user_or_by_an_operator(world: World, by_operator: bool) -> None:
    world.items.bind(world.openid, BINDING_KEY, APPID)
    world.push()
    if by_operator:
        path = {"openid": world.openid}
        erased = world.deployment.call("erase-users-centre", token="mp_admin", path=path)
    else:
        erased = world.deployment.call("erase-my-centre", token=world.token)
    assert erased.status == 204
    assert world.inbox() == []
    assert world.push().json["results"][0]["reason"] == "unbound"


@pytest.mark.parametrize("ref", [{}, {"id": "order-7"}])
def test_a_push_that_is_under_way_leaves_nothing_to_who_is_erased_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, ref: dict[str, str]
) -> None:
    """The user goes while WeChat checks the text."""
    world.items.bind(world.openid, BINDING_KEY, APPID)
    check = CheckPushText.__call__

    def erased(checks: CheckPushText, app: App, content: Content) -> TextCheck:
        assert world.deployment.call("erase-my-centre", token=world.token).status == 204
        return check(checks, app, content)

    monkeypatch.setattr(CheckPushText, "__call__", erased)
    assert world.push(**ref).json["results"] == [
        {"to": {"key": BINDING_KEY}, "status": "skipped", "reason": "unbound"}
    ]
    items = world.items.table.query(user_pk(world.openid), "sk > :first", {"first": " "})
    assert not any("Parcel" in str(item) for item in items)
    now = container().clock() // 1000
    assert all(int(item["ttl"]["N"]) <= now + 1 for item in items)
