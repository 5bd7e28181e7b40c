"""Rules, one-time schedules and the event bus: a function gets each event once and in time; failures are kept."""

import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.example_rule import example_rule
from support.recorded import Recorder, until

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/schedule"
LATE = 5.0


@pytest.fixture
def mark() -> str:
    return uuid.uuid4().hex


def schedule(recorder: Recorder, name: str, due: datetime, **event: Any) -> str:
    """Schedule the event for the recorder; returns the schedule's group."""
    group = recorder.aws.resources("AWS::Scheduler::ScheduleGroup")["CampaignSchedules"]
    recorder.aws.client("scheduler").create_schedule(
        Name=name, GroupName=group, ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE",
        Target={"Arn": recorder.arn, "RoleArn": ROLE, "Input": json.dumps(event)},
    )  # fmt: skip
    return group


def names(recorder: Recorder, group: str) -> list[str]:
    found = recorder.aws.client("scheduler").list_schedules(GroupName=group)["Schedules"]
    return [schedule["Name"] for schedule in found]


def test_a_one_time_schedule_fires_in_time_and_is_gone(recorder: Recorder, mark: str) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    group = schedule(recorder, mark, due, mark=mark)
    assert recorder.notes(mark) == []
    assert [note["event"] for note in recorder.wait(mark)] == [{"mark": mark}]
    assert 0 <= (datetime.now(UTC) - due).total_seconds() < LATE
    assert until(lambda: names(recorder, group), lambda found: mark not in found) == []


def test_a_schedule_that_was_removed_does_not_fire(recorder: Recorder, mark: str) -> None:
    due = datetime.now(UTC) + timedelta(seconds=2)
    group = schedule(recorder, f"removed-{mark}", due, removed=mark)
    schedule(recorder, f"kept-{mark}", due + timedelta(seconds=1), kept=mark)
    recorder.aws.client("scheduler").delete_schedule(Name=f"removed-{mark}", GroupName=group)
    assert [note["event"] for note in recorder.wait(mark)] == [{"kept": mark}]


def test_what_fails_is_tried_again_and_kept_at_last(recorder: Recorder, mark: str) -> None:
    with kept_failures(recorder) as url:
        schedule(recorder, mark, datetime.now(UTC), **{"mark": mark, "raise": "no campaign"})
        assert len(recorder.wait(mark, 3)) == 3
        sqs = recorder.aws.client("sqs")
        [kept] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    assert json.loads(kept["Body"])["requestPayload"]["mark"] == mark


@contextmanager
def kept_failures(recorder: Recorder) -> Iterator[str]:
    """The URL of a queue that gets the recorder's failed events."""
    sqs, functions = recorder.aws.client("sqs"), recorder.aws.client("lambda")
    with ExitStack() as after:
        url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
        after.callback(sqs.delete_queue, QueueUrl=url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        functions.put_function_event_invoke_config(
            FunctionName=recorder.arn, DestinationConfig={"OnFailure": {"Destination": arn}}
        )
        after.callback(functions.delete_function_event_invoke_config, FunctionName=recorder.arn)
        yield url


@contextmanager
def rule(recorder: Recorder, name: str, target: dict[str, Any], **when: str) -> Iterator[None]:
    events = recorder.aws.client("events")
    events.put_rule(Name=name, **when)
    events.put_targets(Rule=name, Targets=[target])
    try:
        yield
    finally:
        events.remove_targets(Rule=name, Ids=[target["Id"]])
        events.delete_rule(Name=name)


def test_a_transformer_picks_from_a_list(recorder: Recorder, mark: str) -> None:
    paths = {"first": "$.resources[0]", "second": "$.resources[1]", "said": "$.detail.said"}
    template = '{"picked": "<second>/<first>", "said": <said>}'
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    target = {"Id": "recorder", "Arn": recorder.arn, "InputTransformer": transformer}
    with rule(recorder, mark, target, EventPattern=json.dumps({"source": [mark]})):
        entry = {"Source": mark, "DetailType": "test", "Resources": ["a", mark]}
        recorder.aws.client("events").put_events(Entries=[entry | {"Detail": json.dumps({"said": "hm"})}])
        [note] = recorder.wait(mark)
    assert note["event"] == {"picked": f"{mark}/a", "said": "hm"}


def test_an_event_on_the_bus_reaches_who_listens(recorder: Recorder, mark: str) -> None:
    pattern = json.dumps({"source": ["minipush"], "detail": {"campaign_id": [mark]}})
    with rule(recorder, mark, {"Id": "recorder", "Arn": recorder.arn}, EventPattern=pattern):
        entry = {"Source": "minipush", "DetailType": "test", "Detail": json.dumps({"campaign_id": mark})}
        recorder.aws.client("events").put_events(Entries=[entry])
        [note] = recorder.wait(mark)
    assert note["event"]["detail"] == {"campaign_id": mark}


def test_the_example_rule_fires_with_an_occurrence_of_its_own(recorder: Recorder, mark: str) -> None:
    """On the recorder in place of the function. A rule's first minute begins when it is made."""
    [target] = example_rule()["Targets"]
    name = f"{example_rule()['Name']}-{mark}"
    on_recorder = target | {"Arn": recorder.arn}
    with rule(recorder, name, on_recorder, ScheduleExpression="rate(1 minute)", State="ENABLED"):
        arn = recorder.aws.client("events").describe_rule(Name=name)["Arn"]
        [note] = recorder.wait(mark, seconds=75)
    fired_by, _, instant = note["event"]["occurrence"].rpartition("/")
    assert fired_by == arn
    assert datetime.fromisoformat(instant) <= datetime.now(UTC)
    assert note["event"]["campaign"]["name"] == "evening"
