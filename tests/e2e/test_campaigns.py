"""Campaigns on the running stack: over HTTP, by real workers, judged by WeChat's own ledger.

What takes its time begins before all the rest, and is looked at last: see `under_way`.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from e2e.test_faults import kill_functions
from support.campaign_client import Json, Marketer, Wish, mark, named, wait_until
from support.paced import most_in
from support.running import MakeRun

from local.simulator.client import Control
from local.simulator.wechat import TEMPLATE_SEND
from local.stack.aws import Aws

pytestmark = pytest.mark.e2e

DAY_MS = 24 * 60 * 60 * 1000
RATE = 10
# A worker looks within a second whether it may go on; on a machine that has other things to do, a bit later.
PROMPTLY = 2.0


@dataclass(frozen=True)
class Begun:
    id: str
    wish: Wish
    openids: list[str]


@dataclass(frozen=True)
class UnderWay:
    killed: Begun
    payers: list[str]
    paced: Begun
    planned: Begun


@pytest.fixture(scope="module")
def marketer(stack: MakeRun) -> Iterator[Marketer]:
    with Control(stack.wechat_url) as wechat:
        wechat.clear_faults()
        yield Marketer(stack, wechat)
        wechat.clear_faults()


@pytest.fixture(scope="module")
def aws(stack: MakeRun) -> Aws:
    return Aws(stack.aws_url)


@pytest.fixture(scope="module", autouse=True)
def under_way(marketer: Marketer) -> UnderWay:
    paced = Wish({"type": "all"}, {"max_per_second": RATE}, type="subscribe")
    subscribers = marketer.subscribers(12 * RATE, paced.mark)
    payers, crowd, two = marketer.payers(10), marketer.crowd(30), marketer.crowd(2)
    killed = begin(marketer, named([*crowd[:5], *payers, *crowd[5:]], max_per_second=8))
    wait_until(lambda: len(marketer.taken(killed.wish)), lambda count: count >= 15)
    assert kill_functions(marketer.stack, "CampaignWorkerFunction") >= 1
    at = datetime.now(UTC) + timedelta(seconds=4)
    planned = begin(marketer, named(two, schedule={"at": at.isoformat()}))
    return UnderWay(killed, payers, begin(marketer, paced, subscribers), planned)


def begin(marketer: Marketer, wish: Wish, openids: list[str] | None = None) -> Begun:
    return Begun(marketer.make(wish), wish, openids or wish.audience["openids"])


def completed(marketer: Marketer, begun: Begun) -> Json:
    """The status of each recipient."""
    marketer.until(begun.id, "completed")
    return marketer.books(begun.id, begun.wish)


def slowly(marketer: Marketer, openids: list[str]) -> None:
    for openid in openids:
        marketer.wechat.fault("latency", path=TEMPLATE_SEND, openid=openid, ms=300)


# ---- made, planned, rehearsed


def test_a_dry_run_tells_who_would_be_reached_and_stores_nothing(marketer: Marketer) -> None:
    holder, out, poor = *marketer.crowd(2), "nobody"
    marketer.change(out, opt_out=True)
    wish = named([holder, out, poor], dry_run=True)
    answer = marketer.post("/campaigns", wish.body)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["recipients"], told["permits"]) == (1, 1)
    assert told["left_out"] == {"opted_out": 1, "no_permit": 1}
    assert marketer.listed(wish) == 0
    assert marketer.permits(holder)["form"] == 1


def test_one_that_is_cancelled_before_its_time_has_no_schedule_left(marketer: Marketer, aws: Aws) -> None:
    group = aws.resources("AWS::Scheduler::ScheduleGroup")["CampaignSchedules"]

    def schedules() -> list[str]:
        found = aws.client("scheduler").list_schedules(GroupName=group)["Schedules"]
        return [schedule["Name"] for schedule in found]

    at = datetime.now(UTC) + timedelta(hours=1)
    id_ = marketer.make(named(["anna"], schedule={"at": at.isoformat()}))
    assert marketer.look(id_)["status"] == "scheduled"
    assert id_ in schedules()
    assert [marketer.step(id_, name).status_code for name in ("pause", "resume")] == [409, 409]
    assert marketer.step(id_, "cancel").json()["status"] == "cancelled"
    assert id_ not in schedules()


def test_the_same_idempotency_key_makes_one_campaign(marketer: Marketer) -> None:
    wish = named(marketer.crowd(2))
    assert marketer.make(wish) == (id_ := marketer.make(wish))
    assert marketer.listed(wish) == 1
    assert set(completed(marketer, Begun(id_, wish, [])).values()) == {"sent"}


def test_an_occurrence_that_fires_twice_makes_one_campaign(marketer: Marketer) -> None:
    [subscriber] = marketer.subscribers(1, "TEMPLATE_ID")
    marketer.change(subscriber, tags=["evening"])
    fire = ("FUNCTION=CampaignScheduleFunction", "EVENT=events/campaign-schedule.json")
    first, second = (json.loads(marketer.stack.invoke(*fire).stdout)["campaign_id"] for _ in range(2))
    assert first == second
    marketer.until(first, "completed")
    assert [r["status"] for r in marketer.recipients(first) if r["openid"] == subscriber] == ["sent"]
    assert len(list(marketer.wechat.messages(subscriber))) == 1


# ---- whom it reaches


def test_each_audience_is_reached_once_and_nobody_else(marketer: Marketer) -> None:
    crowd, tag = marketer.crowd(12), mark()
    subscription = Wish({"type": "all"}, type="subscribe")
    tagged, named_, others = crowd[:4], crowd[4:8], crowd[8:]
    soon, all_ = marketer.crowd(3, hours=5), marketer.subscribers(8, subscription.mark)
    for openid in tagged:
        marketer.change(openid, tags=[tag])
    campaigns = [
        begin(marketer, subscription, all_),
        begin(marketer, Wish({"type": "tag", "tag": tag}), tagged),
        begin(marketer, named(named_)),
        begin(marketer, Wish({"type": "expiring", "within_hours": 6}), soon),
    ]
    for begun in campaigns:
        assert set(begun.openids) == {
            o for o, status in completed(marketer, begun).items() if status == "sent"
        }
    assert [marketer.permits(openid)["form"] for openid in others] == [1] * 4


def test_whom_not_to_send_to_is_left_out_and_told_why(marketer: Marketer) -> None:
    free, out, asleep, fed = marketer.crowd(4)
    marketer.change(out, opt_out=True)
    put_to_sleep(marketer, asleep)
    marketer.hand_over([fed], [{"form_ids": [{"form_id": marketer.wechat.tap(fed)[0]}]}])
    message = {"type": "template", "template_id": "T1", "keywords": ["a direct one"], "touser": fed}
    assert marketer.post("/messages", message).json()["results"][0]["status"] == "sent"
    cap = {"messages": 1, "hours": 1}
    begun = begin(marketer, named([free, out, asleep, fed, "nobody"], frequency_cap=cap))
    completed(marketer, begun)
    told = {r["openid"]: r.get("reason") for r in marketer.recipients(begun.id)}
    reasons = {out: "opted_out", asleep: "quiet_hours", fed: "frequency_cap", "nobody": "no_permit"}
    assert told == {free: None, **reasons}
    assert marketer.taken(begun.wish) == [free]


def put_to_sleep(marketer: Marketer, openid: str) -> None:
    session = marketer.post("/session", {"code": marketer.wechat.add_user(openid).js_code}).json()
    now = datetime.now(UTC)
    hours = {name: f"{now + timedelta(hours=h):%H:%M}" for name, h in (("from", -2), ("to", 2))}
    headers = {"Authorization": f"Bearer {session['token']}"}
    assert marketer.call("PATCH", "/me", {"quiet_hours": hours | {"timezone": "UTC"}}, headers).ok


# ---- stopped, and carried on


def test_a_pause_takes_effect_at_once_and_a_resume_leaves_nobody_out(marketer: Marketer) -> None:
    begun = begin(marketer, named(marketer.crowd(40), max_per_second=20))
    slowly(marketer, begun.openids)
    wait_until(lambda: len(marketer.taken(begun.wish)), lambda count: count >= 5)
    assert marketer.step(begun.id, "pause").json()["status"] == "paused"
    paused = marketer.wechat.advance(0)
    assert marketer.step(begun.id, "pause").status_code == 409
    before = counted_to_the_end(marketer, begun)
    assert max(message["at"] for message in before) < paused + PROMPTLY
    assert len(before) < 40
    assert marketer.step(begun.id, "resume").json()["status"] == "running"
    assert completed(marketer, begun) == dict.fromkeys(begun.openids, "sent")
    assert [marketer.step(begun.id, name).status_code for name in ("pause", "resume", "cancel")] == [409] * 3


def counted_to_the_end(marketer: Marketer, begun: Begun) -> list[Json]:
    """The messages of one that was stopped, when no more come and all are counted."""
    time.sleep(PROMPTLY + 1)
    messages = marketer.messages(begun.wish)
    wait_until(lambda: marketer.look(begun.id)["counts"]["sent"], lambda sent: sent == len(messages))
    return messages


def test_a_cancelled_one_leaves_the_others_their_permits(marketer: Marketer) -> None:
    begun = begin(marketer, named(marketer.crowd(30), max_per_second=10))
    wait_until(lambda: len(marketer.taken(begun.wish)), lambda count: count >= 5)
    assert marketer.step(begun.id, "cancel").json()["status"] == "cancelled"
    reached = {message["openid"] for message in counted_to_the_end(marketer, begun)}
    assert len(reached) < 30
    assert {openid for openid in begun.openids if not marketer.permits(openid)["form"]} == reached
    assert marketer.look(begun.id)["status"] == "cancelled"
    assert [marketer.step(begun.id, name).status_code for name in ("pause", "resume", "cancel")] == [409] * 3


def test_what_ran_out_of_quota_goes_on_the_next_day(marketer: Marketer, aws: Aws) -> None:
    openids = marketer.crowd(6)
    marketer.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openids[2], errcode=45009)
    begun = begin(marketer, named(openids))
    paused = marketer.until(begun.id, "paused")
    assert (paused["reason"], paused["errcode"]) == ("quota", 45009)
    a_day_earlier(aws, begun.id)
    assert marketer.stack.invoke("FUNCTION=SweepFunction").returncode == 0
    assert completed(marketer, begun) == dict.fromkeys(begun.openids, "sent")


def a_day_earlier(aws: Aws, id_: str) -> None:
    """As if the campaign had come into its status yesterday."""
    aws.client("dynamodb").update_item(
        TableName=aws.resources("AWS::DynamoDB::Table")["Campaigns"],
        Key={"campaign_id": {"S": id_}, "sk": {"S": "!meta"}},
        UpdateExpression="SET changed_at = changed_at - :day",
        ExpressionAttributeValues={":day": {"N": str(DAY_MS)}},
    )


def test_a_template_that_wechat_refuses_fails_the_campaign(marketer: Marketer) -> None:
    openids = marketer.crowd(3)
    for openid in openids:
        marketer.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openid, errcode=40037)
    begun = begin(marketer, named(openids))
    failed = marketer.until(begun.id, "failed")
    assert (failed["reason"], failed["errcode"]) == ("invalid_template", 40037)
    assert marketer.taken(begun.wish) == []
    wait_until(lambda: [marketer.permits(openid)["form"] for openid in openids], lambda left: left == [1] * 3)


# ---- who hears of it


@pytest.fixture
def bus(aws: Aws) -> Iterator[str]:
    """The URL of a queue that gets what is told on the bus."""
    sqs, events, name = aws.client("sqs"), aws.client("events"), mark()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["minipush"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


def test_pauses_and_ends_are_told_on_the_bus(marketer: Marketer, aws: Aws, bus: str) -> None:
    openids = marketer.crowd(2)
    marketer.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openids[0], errcode=45009)
    begun = begin(marketer, named(openids))
    marketer.until(begun.id, "paused")
    marketer.step(begun.id, "resume")
    marketer.until(begun.id, "completed")
    told: list[Any] = []

    def hear() -> list[Any]:
        messages = aws.client("sqs").receive_message(QueueUrl=bus, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        told.extend(event for event in events if event["detail"]["id"] == begun.id)
        return told

    wait_until(hear, lambda told: len(told) >= 2)
    said = {event["detail-type"]: event["detail"]["reason"] for event in told}
    assert said == {"Campaign paused": "quota", "Campaign completed": None}


# ---- what has been under way


def test_a_planned_one_starts_in_time(marketer: Marketer, under_way: UnderWay) -> None:
    planned = under_way.planned
    assert completed(marketer, planned) == dict.fromkeys(planned.openids, "sent")
    campaign = marketer.look(planned.id)
    due = datetime.fromisoformat(planned.wish.more["schedule"]["at"])
    assert datetime.fromisoformat(campaign["started_at"]) >= due - timedelta(milliseconds=1)


def test_workers_together_keep_to_the_rate(marketer: Marketer, under_way: UnderWay) -> None:
    paced = under_way.paced
    assert completed(marketer, paced) == dict.fromkeys(paced.openids, "sent")
    times = [message["at"] for message in marketer.messages(paced.wish)]
    assert most_in(10, times) <= 10 * RATE * 1.05


def test_killed_workers_cost_nobody_a_message_or_a_second_one(
    marketer: Marketer, under_way: UnderWay
) -> None:
    killed = under_way.killed
    statuses = completed(marketer, killed)
    assert statuses.keys() == set(killed.openids)
    assert {s for openid, s in statuses.items() if openid not in under_way.payers} == {"sent"}
    assert {statuses[openid] for openid in under_way.payers} <= {"sent", "unknown"}
    times = [message["at"] for message in marketer.messages(killed.wish)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert max(pauses) > 5, "there was nobody in the middle of it to be killed"
    campaign = marketer.look(killed.id)
    took = datetime.fromisoformat(campaign["finished_at"]) - datetime.fromisoformat(campaign["started_at"])
    assert took < timedelta(minutes=1)
