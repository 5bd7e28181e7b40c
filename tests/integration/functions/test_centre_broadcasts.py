"""Broadcasts by the deployed functions, and what they cost."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from support.centre_items import CentreItems
from support.deployment import Deployment

from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.domain.centre.reminders import ChannelKind

pytestmark = pytest.mark.emulator

APPID = "wx5e1f0000c0ffee02"
MESSAGE: dict[str, Any] = {"title": "Closed on Monday", "body": "We are back on Tuesday."}
WEAK: dict[str, Any] = {"level": {"S": "weak"}}


@dataclass
class World:
    deployment: Deployment
    inbox_writes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.secret = str(self.deployment.call("register-app", token="mp_admin").json["secret"])
        self.items = CentreItems(message_centre().table)

    def count_writes(self) -> None:
        container().dynamodb.meta.events.register("before-call.dynamodb", self._count)

    def _count(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        body = params["body"]
        if model.name in {"PutItem", "UpdateItem"} and b"user#" in body:
            self.inbox_writes[model.name] += 1

    def bound(self, name: str, **more: Any) -> tuple[str, str]:
        openid, token = self.deployment.log_in()
        self.items.bind(openid, f"b{name}", APPID, **more)
        return openid, token

    def broadcast(self, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.deployment.call(
            "start-broadcast", MESSAGE | changes, token=self.secret, headers=headers or {}
        )

    def campaign(self, id_: str) -> dict[str, Any]:
        return dict(self.deployment.call("read-campaign", token="mp_read", campaign_id=id_).json)

    def leave_to_a_dead_worker(self, id_: str, cursor: str) -> int:
        """The number of the segment. Its worker has written its cursor, and its lease is over."""
        campaigns, now = container().campaigns, container().clock()
        segment = campaigns.take(id_, 0, "dead", now - 60_000, now - 1)
        read = replace(segment, cursor=cursor, lease_until=now - 1)
        assert container().loop.run(container().running_segments.save(read))
        return segment.number

    def inbox(self, token: str) -> list[dict[str, Any]]:
        return list(self.deployment.call("read-inbox", token=token).json["items"])

    def reminders(self) -> int:
        url, found = self.deployment.environment["BARK_REMINDERS_URL"], 0
        while messages := self.deployment.sqs.receive_message(QueueUrl=url).get("Messages"):
            found += len(messages)
        return found


@pytest.fixture
def world(deployment: Deployment) -> World:
    return World(deployment)


def test_who_has_bound_the_app_has_the_message_once(world: World) -> None:
    ada, bo = world.bound("Ada"), world.bound("Bo", **WEAK)
    world.bound("Cy", level={"S": "none"})
    world.items.verify(ada[0], ChannelKind.BARK)
    assert world.broadcast(dry_run=True).json == {"recipients": 2}
    answer = world.broadcast()
    assert answer.status == 201
    world.deployment.carry_all()
    campaign = world.campaign(answer.json["id"])
    assert (campaign["status"], campaign["counts"]["sent"]) == ("completed", 2)
    assert campaign["counts"]["by_reason"] == {"refused": 1}
    assert [len(world.inbox(token)) for _, token in (ada, bo)] == [1, 1]
    assert world.reminders() == 1
    entry = world.deployment.call(
        "read-recipient", token="mp_read", campaign_id=campaign["id"], openid=ada[0]
    ).json
    assert entry["status"] == "sent"


def test_a_weak_recipient_is_one_write(world: World) -> None:
    for name in ("Ada", "Bo", "Cy"):
        world.bound(name, **WEAK)
    world.count_writes()
    world.broadcast()
    world.deployment.carry_all()
    assert world.inbox_writes == {"PutItem": 3}


def test_the_same_key_makes_one_broadcast(world: World) -> None:
    _, token = world.bound("Ada")
    answers = [world.broadcast({"idempotency-key": "k"}).json for _ in range(2)]
    world.deployment.carry_all()
    assert answers[0] == answers[1]
    assert len(world.inbox(token)) == 1


def test_a_dry_run_stores_nothing(world: World) -> None:
    world.bound("Ada")
    world.broadcast(dry_run=True)
    assert world.deployment.call("list-campaigns", token="mp_read").json["items"] == []
    assert world.deployment.carry_all() == 0


def test_a_planned_broadcast_is_for_who_has_bound_the_app_by_then(world: World) -> None:
    id_ = world.broadcast(schedule={"at": "2027-06-01T08:00:00Z"}).json["id"]
    assert world.deployment.carry_all() == 0
    _, token = world.bound("Ada")
    world.deployment.fire({"campaign_id": id_})
    world.deployment.carry_all()
    assert len(world.inbox(token)) == 1


def test_a_paused_broadcast_goes_on_and_reaches_each_once(world: World) -> None:
    _, token = world.bound("Ada")
    id_ = world.broadcast().json["id"]
    world.deployment.call("pause-campaign", token="mp_send", campaign_id=id_)
    world.deployment.carry_all()
    assert world.inbox(token) == []
    world.deployment.call("resume-campaign", token="mp_send", campaign_id=id_)
    world.deployment.carry_all()
    assert (world.campaign(id_)["status"], len(world.inbox(token))) == ("completed", 1)


def test_the_switch_for_all_sending_stops_a_broadcast_and_lets_it_go_on(world: World) -> None:
    _, token = world.bound("Ada")
    id_ = world.broadcast().json["id"]
    off = {"enabled": False, "reason": "the shop's texts are wrong"}
    assert world.deployment.call("switch-sending", off, token="mp_admin").status == 200
    world.deployment.carry_all()
    stopped = world.campaign(id_)
    assert (stopped["status"], stopped["reason"], world.inbox(token)) == ("paused", "sending_off", [])
    world.deployment.call("switch-sending", {"enabled": True}, token="mp_admin")
    world.deployment.carry_all()
    assert (world.campaign(id_)["status"], len(world.inbox(token))) == ("completed", 1)


def test_a_cancelled_broadcast_whose_worker_died_releases_its_segment(world: World) -> None:
    ada, _ = world.bound("Ada")
    id_ = world.broadcast().json["id"]
    segment = world.leave_to_a_dead_worker(id_, cursor=ada)
    world.deployment.call("cancel-campaign", token="mp_send", campaign_id=id_)
    world.deployment.carry_all()
    left = container().campaigns.segments(id_)[segment]
    assert (world.campaign(id_)["status"], left.lease_until, left.done) == ("cancelled", 0, False)


def test_a_ban_ends_a_broadcast_that_waits(world: World) -> None:
    _, token = world.bound("Ada")
    id_ = world.broadcast().json["id"]
    ban = {"kind": "ban", "rule": "fraud", "note": "they lied"}
    assert world.deployment.call("sanction-app", ban, token="mp_moderate", path={"appid": APPID}).status < 300
    world.deployment.carry_all()
    campaign = world.campaign(id_)
    assert (campaign["status"], campaign["reason"], world.inbox(token)) == ("failed", "app_banned", [])


def test_no_text_of_a_broadcast_is_with_the_campaign(world: World) -> None:
    id_ = world.broadcast().json["id"]
    answer = world.deployment.call("read-campaign", token="mp_read", campaign_id=id_)
    assert MESSAGE["title"] not in str(answer.json)
    assert answer.json["message"]["type"] == "broadcast"


def test_an_operator_does_not_edit_what_an_app_says(world: World) -> None:
    id_ = world.broadcast(schedule={"at": "2027-06-01T08:00:00Z"}).json["id"]
    changes = {"audience": {"type": "all"}}
    answer = world.deployment.call("edit-campaign", changes, token="mp_send", campaign_id=id_)
    assert answer.status == 409
