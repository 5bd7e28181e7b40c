"""Schedules of campaigns: in memory and in EventBridge Scheduler alike."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from support.campaigns import MemorySchedules

from minipush.adapters.eventbridge.schedules import EventBridgeSchedules, expression
from minipush.application.ports.campaigns import Schedules
from minipush.errors import StoreError

AT = 1_800_000_000_000
ROLE = "arn:aws:iam::000000000000:role/schedules"
TARGET = "arn:aws:lambda:us-east-1:000000000000:function:start"


@dataclass
class Timetable:
    """`due`: the start time (ms) of each campaign."""

    schedules: Schedules
    due: Callable[[], dict[str, int]]


def in_scheduler(client: Any) -> Timetable:
    group = f"campaigns-{uuid.uuid4().hex}"
    client.create_schedule_group(Name=group)

    def due() -> dict[str, int]:
        names = [each["Name"] for each in client.list_schedules(GroupName=group)["Schedules"]]
        found = {name: client.get_schedule(Name=name, GroupName=group) for name in names}
        return {name: milliseconds(each["ScheduleExpression"]) for name, each in found.items()}

    return Timetable(EventBridgeSchedules(client, group, ROLE, TARGET), due)


def milliseconds(expression_: str) -> int:
    at = datetime.strptime(expression_, "at(%Y-%m-%dT%H:%M:%S)").replace(tzinfo=UTC)
    return int(at.timestamp()) * 1000


@pytest.fixture(params=[pytest.param("memory"), pytest.param("scheduler", marks=pytest.mark.emulator)])
def timetable(request: pytest.FixtureRequest, aws: boto3.Session) -> Timetable:
    if request.param == "memory":
        schedules = MemorySchedules()
        return Timetable(schedules, lambda: schedules.due)
    return in_scheduler(aws.client("scheduler", endpoint_url=request.getfixturevalue("aws_endpoint")))


def test_each_campaign_is_due_at_its_time(timetable: Timetable) -> None:
    timetable.schedules.set("c-1", AT)
    timetable.schedules.set("c-2", AT + 5000)
    assert timetable.due() == {"c-1": AT, "c-2": AT + 5000}


def test_a_campaign_is_due_once_at_the_time_that_was_set_last(timetable: Timetable) -> None:
    timetable.schedules.set("c-1", AT)
    timetable.schedules.set("c-1", AT + 5000)
    timetable.schedules.set("c-1", AT + 5000)
    assert timetable.due() == {"c-1": AT + 5000}


def test_what_is_removed_is_not_due_any_more(timetable: Timetable) -> None:
    timetable.schedules.set("c-1", AT)
    timetable.schedules.set("c-2", AT)
    timetable.schedules.remove("c-1")
    assert timetable.due() == {"c-2": AT}


def test_removing_what_is_not_there_is_no_error(timetable: Timetable) -> None:
    timetable.schedules.remove("c-1")
    assert timetable.due() == {}


@pytest.mark.emulator
def test_a_schedule_is_in_utc_goes_when_it_has_fired_and_says_which_campaign(
    aws: boto3.Session, aws_endpoint: str
) -> None:
    client = aws.client("scheduler", endpoint_url=aws_endpoint)
    group = f"campaigns-{uuid.uuid4().hex}"
    client.create_schedule_group(Name=group)
    EventBridgeSchedules(client, group, ROLE, TARGET).set("c-1", AT)
    made = client.get_schedule(Name="c-1", GroupName=group)
    assert made["ScheduleExpressionTimezone"] == "UTC"
    assert made["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert made["ActionAfterCompletion"] == "DELETE"
    target = made["Target"]
    assert (target["Arn"], target["RoleArn"]) == (TARGET, ROLE)
    assert json.loads(target["Input"]) == {"campaign_id": "c-1", "at": AT}


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "at(2027-01-15T08:00:00)"),
        (AT + 1, "at(2027-01-15T08:00:01)"),
        (AT + 1000, "at(2027-01-15T08:00:01)"),
        (AT - 1, "at(2027-01-15T08:00:00)"),
    ],
)
def test_a_campaign_never_starts_before_its_time(at: int, text: str) -> None:
    assert expression(at) == text


@pytest.mark.emulator
def test_a_group_that_is_not_there_is_a_store_error_when_setting(
    aws: boto3.Session, aws_endpoint: str
) -> None:
    client = aws.client("scheduler", endpoint_url=aws_endpoint)
    with pytest.raises(StoreError):
        EventBridgeSchedules(client, "no-such-group", ROLE, TARGET).set("c-1", AT)
