"""Campaign events: in memory and on an EventBridge bus alike."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from support.campaigns import MemoryCampaignEvents

from minipush.adapters.eventbridge.campaign_events import EventBridgeCampaignEvents
from minipush.application.ports.campaigns import CampaignEvents
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Reason
from minipush.errors import StoreError

NOW = 1_800_000_000_000
PLAN = Plan("Herbst 秋", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
PAUSED = Campaign("c-1", PLAN, 8, CampaignStatus.PAUSED, NOW, NOW + 2, NOW + 1, None, Reason.QUOTA, 45009)
COMPLETED = Campaign("c-2", PLAN, 8, CampaignStatus.COMPLETED, NOW, NOW + 9, NOW + 1, NOW + 9)


@dataclass
class Bus:
    """`received`: campaign and status of each event so far."""

    campaign_events: CampaignEvents
    received: Callable[[], list[tuple[str, str]]]


def on_a_bus(
    aws: boto3.Session, endpoint: str
) -> tuple[EventBridgeCampaignEvents, Callable[[], list[dict[str, Any]]]]:
    """The publisher, and a function that reads the events from a queue to which a rule on the bus sends them."""
    events = aws.client("events", endpoint_url=endpoint)
    sqs = aws.client("sqs", endpoint_url=endpoint)
    name = f"events-{uuid.uuid4().hex}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.create_event_bus(Name=name)
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["minipush"]}))
    target = {"Id": "queue", "Arn": attributes["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=name, Targets=[target])  # type: ignore[list-item]

    def received() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return EventBridgeCampaignEvents(lambda: events, name), received


def on_the_bus(request: pytest.FixtureRequest, aws: boto3.Session) -> Bus:
    campaign_events, received = on_a_bus(aws, request.getfixturevalue("aws_endpoint"))
    return Bus(
        campaign_events, lambda: [(event["detail"]["id"], event["detail"]["status"]) for event in received()]
    )


@pytest.fixture(params=[pytest.param("memory"), pytest.param("events", marks=pytest.mark.emulator)])
def bus(request: pytest.FixtureRequest, aws: boto3.Session) -> Bus:
    if request.param == "memory":
        campaign_events = MemoryCampaignEvents()
        return Bus(campaign_events, lambda: [(each.id, each.status) for each in campaign_events.published])
    return on_the_bus(request, aws)


def test_each_campaign_is_published_with_its_status(bus: Bus) -> None:
    bus.campaign_events.publish(PAUSED)
    bus.campaign_events.publish(COMPLETED)
    assert sorted(bus.received()) == [("c-1", "paused"), ("c-2", "completed")]


def test_the_same_may_be_published_again(bus: Bus) -> None:
    bus.campaign_events.publish(PAUSED)
    bus.campaign_events.publish(PAUSED)
    assert bus.received() == [("c-1", "paused")] * 2


@pytest.mark.emulator
def test_an_event_says_what_and_why(aws: boto3.Session, aws_endpoint: str) -> None:
    campaign_events, received = on_a_bus(aws, aws_endpoint)
    campaign_events.publish(replace(PAUSED, errmsg="no quota", rid="r-1"))
    (event,) = received()
    assert (event["source"], event["detail-type"]) == ("minipush", "Campaign paused")
    assert event["detail"] == {
        "id": "c-1",
        "name": "Herbst 秋",
        "status": "paused",
        "reason": "quota",
        "errcode": 45009,
        "errmsg": "no quota",
        "rid": "r-1",
        "started_at": "2027-01-15T08:00:00.001Z",
        "finished_at": None,
    }


@pytest.mark.emulator
def test_an_event_of_the_end_says_when(aws: boto3.Session, aws_endpoint: str) -> None:
    campaign_events, received = on_a_bus(aws, aws_endpoint)
    for status in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED, CampaignStatus.FAILED):
        campaign_events.publish(replace(COMPLETED, status=status))
    events = received()
    assert sorted(event["detail-type"] for event in events) == [
        "Campaign cancelled",
        "Campaign completed",
        "Campaign failed",
    ]
    assert {event["detail"]["finished_at"] for event in events} == {"2027-01-15T08:00:00.009Z"}


def test_an_event_that_the_bus_does_not_take_is_a_store_error() -> None:
    class Throttled:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}

    with pytest.raises(StoreError, match="Throttling"):
        EventBridgeCampaignEvents(Throttled, "default").publish(PAUSED)  # type: ignore[arg-type]
