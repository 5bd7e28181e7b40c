"""Campaigns on the running stack: created over HTTP, run by real workers, reconciled with WeChat's ledger.

Campaigns that take long begin before all tests and are examined last: see `under_way`.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from support.campaign_client import CampaignClient, CampaignRequest, Json, to_openids, unique_id, wait_until
from support.paced import most_in
from support.running import MakeRun

from local.simulator.wechat import TEMPLATE_SEND
from local.stack.aws import Aws

pytestmark = pytest.mark.e2e

DAY_MS = 24 * 60 * 60 * 1000
RATE = 11  # a campaign to a tag has two segments at once at this rate
# A worker checks within a second whether it may go on, and later on a busy machine.
PROMPTLY = 2.0


@dataclass(frozen=True)
class Begun:
    id: str
    request: CampaignRequest
    openids: list[str]


@dataclass(frozen=True)
class UnderWay:
    killed: Begun
    payers: list[str]
    paced: Begun
    planned: Begun


@pytest.fixture(scope="module")
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        wechat.clear_faults()
        yield CampaignClient(stack, wechat)
        wechat.clear_faults()


@pytest.fixture(scope="module")
def aws(stack: MakeRun) -> Aws:
    return Aws(stack.aws_url)


@pytest.fixture(scope="module", autouse=True)
def under_way(client: CampaignClient) -> UnderWay:
    tag = unique_id()
    paced = CampaignRequest({"type": "tag", "tag": tag}, {"max_per_second": RATE}, type="subscribe")
    subscribers = client.subscribers(12 * RATE, paced.template_id)
    client.tag(subscribers, tag)
    payers, users, two = client.payers(10), client.form_holders(30), client.form_holders(2)
    killed = begin(client, to_openids([*users[:5], *payers, *users[5:]], max_per_second=8))
    wait_until(lambda: len(client.reached(killed.request)), lambda count: count >= 15)
    assert client.stack.kill_functions("CampaignWorkerFunction") >= 1
    at = datetime.now(UTC) + timedelta(seconds=4)
    planned = begin(client, to_openids(two, schedule={"at": at.isoformat()}))
    return UnderWay(killed, payers, begin(client, paced, subscribers), planned)


def begin(client: CampaignClient, request: CampaignRequest, openids: list[str] | None = None) -> Begun:
    return Begun(client.create(request), request, openids or request.audience["openids"])


def completed(client: CampaignClient, begun: Begun) -> Json:
    """The status of each recipient."""
    client.until(begun.id, "completed")
    return client.reconciled_statuses(begun.id, begun.request)


def slowly(client: CampaignClient, openids: list[str]) -> None:
    for openid in openids:
        client.wechat.fault("latency", path=TEMPLATE_SEND, openid=openid, ms=300)


# ---- created, scheduled, run dry


def test_a_dry_run_counts_who_would_be_reached_and_stores_nothing(client: CampaignClient) -> None:
    holder, out, poor = *client.form_holders(2), "nobody"
    client.change(out, opt_out=True)
    request = to_openids([holder, out, poor], dry_run=True)
    answer = client.post("/campaigns", request.body)
    assert answer.status_code == 200
    result = answer.json()
    assert (result["recipients"], result["permits"]) == (1, 1)
    assert result["left_out"] == {"opted_out": 1, "no_permit": 1}
    assert client.count_listed(request) == 0
    assert client.permits(holder)["form"] == 1


def test_one_that_is_cancelled_before_its_time_has_no_schedule_left(client: CampaignClient, aws: Aws) -> None:
    group = aws.resources("AWS::Scheduler::ScheduleGroup")["CampaignSchedules"]

    def schedules() -> list[str]:
        found = aws.client("scheduler").list_schedules(GroupName=group)["Schedules"]
        return [schedule["Name"] for schedule in found]

    at = datetime.now(UTC) + timedelta(hours=1)
    id_ = client.create(to_openids(["anna"], schedule={"at": at.isoformat()}))
    assert client.read(id_)["status"] == "scheduled"
    assert id_ in schedules()
    assert [client.step(id_, name).json()["status"] for name in ("pause", "resume")] == [
        "paused",
        "scheduled",
    ]
    assert client.step(id_, "cancel").json()["status"] == "cancelled"
    assert id_ not in schedules()


def test_the_same_idempotency_key_makes_one_campaign(client: CampaignClient) -> None:
    request = to_openids(client.form_holders(2))
    assert client.create(request) == (id_ := client.create(request))
    assert client.count_listed(request) == 1
    assert set(completed(client, Begun(id_, request, [])).values()) == {"sent"}


def test_an_occurrence_that_fires_twice_makes_one_campaign(client: CampaignClient) -> None:
    [subscriber] = client.subscribers(1, "TEMPLATE_ID")
    client.change(subscriber, tags=["evening"])
    fire = ("FUNCTION=CampaignScheduleFunction", "EVENT=events/campaign-schedule.json")
    first, second = (json.loads(client.stack.invoke(*fire).stdout)["campaign_id"] for _ in range(2))
    assert first == second
    client.until(first, "completed")
    assert [r["status"] for r in client.recipients(first) if r["openid"] == subscriber] == ["sent"]
    assert len(list(client.wechat.messages(subscriber))) == 1


# ---- the audience


def test_each_audience_is_reached_once_and_nobody_else(client: CampaignClient) -> None:
    users, tag = client.form_holders(12), unique_id()
    subscription = CampaignRequest({"type": "all"}, type="subscribe")
    tagged, listed, others = users[:4], users[4:8], users[8:]
    soon, all_ = client.form_holders(3, hours=5), client.subscribers(8, subscription.template_id)
    client.tag(tagged, tag)
    campaigns = [
        begin(client, subscription, all_),
        begin(client, CampaignRequest({"type": "tag", "tag": tag}), tagged),
        begin(client, to_openids(listed)),
        begin(client, CampaignRequest({"type": "expiring", "within_hours": 6}), soon),
    ]
    for begun in campaigns:
        assert set(begun.openids) == {o for o, status in completed(client, begun).items() if status == "sent"}
    assert [client.permits(openid)["form"] for openid in others] == [1] * 4


def test_a_skipped_recipient_has_a_reason(client: CampaignClient) -> None:
    free, out, asleep, fed = client.form_holders(4)
    client.change(out, opt_out=True)
    put_to_sleep(client, asleep)
    client.report_permits([fed], [{"form_ids": [{"form_id": client.wechat.tap(fed)[0]}]}])
    message = {"type": "template", "template_id": "T1", "keywords": ["a direct one"], "touser": fed}
    assert client.post("/messages", message).json()["results"][0]["status"] == "sent"
    cap = {"messages": 1, "hours": 1}
    begun = begin(client, to_openids([free, out, asleep, fed, "nobody"], frequency_cap=cap))
    completed(client, begun)
    reported = {r["openid"]: r.get("reason") for r in client.recipients(begun.id)}
    reasons = {out: "opted_out", asleep: "quiet_hours", fed: "frequency_cap", "nobody": "no_permit"}
    assert reported == {free: None, **reasons}
    assert client.reached(begun.request) == [free]


def put_to_sleep(client: CampaignClient, openid: str) -> None:
    session = client.post("/session", {"code": client.wechat.add_user(openid).js_code}).json()
    now = datetime.now(UTC)
    hours = {name: f"{now + timedelta(hours=h):%H:%M}" for name, h in (("from", -2), ("to", 2))}
    headers = {"Authorization": f"Bearer {session['token']}"}
    assert client.call("PATCH", "/me", {"quiet_hours": hours | {"timezone": "UTC"}}, headers).ok


# ---- paused, resumed, cancelled


def test_a_pause_takes_effect_at_once_and_a_resume_leaves_nobody_out(client: CampaignClient) -> None:
    begun = begin(client, to_openids(client.form_holders(40), max_per_second=20))
    slowly(client, begun.openids)
    wait_until(lambda: len(client.reached(begun.request)), lambda count: count >= 5)
    assert client.step(begun.id, "pause").json()["status"] == "paused"
    paused = client.wechat.advance(0)
    assert client.step(begun.id, "pause").status_code == 409
    before = counted_to_the_end(client, begun)
    assert max(message["at"] for message in before) < paused + PROMPTLY
    assert len(before) < 40
    assert client.step(begun.id, "resume").json()["status"] == "running"
    assert completed(client, begun) == dict.fromkeys(begun.openids, "sent")
    assert [client.step(begun.id, name).status_code for name in ("pause", "resume", "cancel")] == [409] * 3


def counted_to_the_end(client: CampaignClient, begun: Begun) -> list[Json]:
    """The messages of a stopped campaign, when no more are sent and all are counted."""
    time.sleep(PROMPTLY + 1)
    messages = client.messages(begun.request)
    wait_until(lambda: client.read(begun.id)["counts"]["sent"], lambda sent: sent == len(messages))
    return messages


def test_a_cancelled_one_leaves_the_others_their_permits(client: CampaignClient) -> None:
    begun = begin(client, to_openids(client.form_holders(30), max_per_second=10))
    wait_until(lambda: len(client.reached(begun.request)), lambda count: count >= 5)
    assert client.step(begun.id, "cancel").json()["status"] == "cancelled"
    reached = {message["openid"] for message in counted_to_the_end(client, begun)}
    assert len(reached) < 30
    assert {openid for openid in begun.openids if not client.permits(openid)["form"]} == reached
    assert client.read(begun.id)["status"] == "cancelled"
    assert [client.step(begun.id, name).status_code for name in ("pause", "resume", "cancel")] == [409] * 3


def test_what_ran_out_of_quota_goes_on_the_next_day(client: CampaignClient, aws: Aws) -> None:
    openids = client.form_holders(6)
    client.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openids[2], errcode=45009)
    begun = begin(client, to_openids(openids))
    paused = client.until(begun.id, "paused")
    assert (paused["reason"], paused["errcode"]) == ("quota", 45009)
    a_day_earlier(aws, begun.id)
    assert client.stack.invoke("FUNCTION=SweepFunction").returncode == 0
    assert completed(client, begun) == dict.fromkeys(begun.openids, "sent")


def a_day_earlier(aws: Aws, id_: str) -> None:
    """Date the last change of status back by a day."""
    aws.client("dynamodb").update_item(
        TableName=aws.resources("AWS::DynamoDB::Table")["Campaigns"],
        Key={"campaign_id": {"S": id_}, "sk": {"S": "!meta"}},
        UpdateExpression="SET changed_at = changed_at - :day",
        ExpressionAttributeValues={":day": {"N": str(DAY_MS)}},
    )


def test_a_template_that_wechat_refuses_fails_the_campaign(client: CampaignClient) -> None:
    openids = client.form_holders(3)
    for openid in openids:
        client.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openid, errcode=40037)
    begun = begin(client, to_openids(openids))
    failed = client.until(begun.id, "failed")
    assert (failed["reason"], failed["errcode"]) == ("invalid_template", 40037)
    assert client.reached(begun.request) == []
    wait_until(lambda: [client.permits(openid)["form"] for openid in openids], lambda left: left == [1] * 3)


# ---- events


@pytest.fixture
def bus(aws: Aws) -> Iterator[str]:
    """The URL of a queue that gets the campaign events."""
    sqs, events, name = aws.client("sqs"), aws.client("events"), unique_id()
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["minipush"]}))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


def test_pauses_and_ends_are_published_on_the_bus(client: CampaignClient, aws: Aws, bus: str) -> None:
    openids = client.form_holders(2)
    client.wechat.fault("errcode", path=TEMPLATE_SEND, openid=openids[0], errcode=45009)
    begun = begin(client, to_openids(openids))
    client.until(begun.id, "paused")
    client.step(begun.id, "resume")
    client.until(begun.id, "completed")
    received: list[Any] = []

    def receive() -> list[Any]:
        messages = aws.client("sqs").receive_message(QueueUrl=bus, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        received.extend(event for event in events if event["detail"]["id"] == begun.id)
        return received

    wait_until(receive, lambda events: len(events) >= 2)
    reasons = {event["detail-type"]: event["detail"]["reason"] for event in received}
    assert reasons == {"Campaign paused": "quota", "Campaign completed": None}


# ---- campaigns that began before


def test_a_planned_one_starts_in_time(client: CampaignClient, under_way: UnderWay) -> None:
    planned = under_way.planned
    assert completed(client, planned) == dict.fromkeys(planned.openids, "sent")
    campaign = client.read(planned.id)
    due = datetime.fromisoformat(planned.request.options["schedule"]["at"])
    assert datetime.fromisoformat(campaign["started_at"]) >= due - timedelta(milliseconds=1)


def test_workers_together_keep_to_the_rate(client: CampaignClient, under_way: UnderWay) -> None:
    paced = under_way.paced
    assert completed(client, paced) == dict.fromkeys(paced.openids, "sent")
    times = [message["at"] for message in client.messages(paced.request)]
    assert most_in(10, times) <= 10 * RATE * 1.05


def test_killed_workers_cost_nobody_a_message_or_a_second_one(
    client: CampaignClient, under_way: UnderWay
) -> None:
    killed = under_way.killed
    statuses = completed(client, killed)
    assert statuses.keys() == set(killed.openids)
    assert {s for openid, s in statuses.items() if openid not in under_way.payers} == {"sent"}
    assert {statuses[openid] for openid in under_way.payers} <= {"sent", "unknown"}
    times = [message["at"] for message in client.messages(killed.request)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert max(pauses) > 5, "there was nobody in the middle of it to be killed"
    campaign = client.read(killed.id)
    took = datetime.fromisoformat(campaign["finished_at"]) - datetime.fromisoformat(campaign["started_at"])
    assert took < timedelta(minutes=1)
