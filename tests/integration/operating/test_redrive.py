"""`make redrive`: what is in the dead-letter queues goes back to work, is shown, or is deleted."""

import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.operated_stack import OperatedStack, operated_stack

pytestmark = pytest.mark.emulator

NOTING = """import json, os
def handler(event, context):
    with open(os.environ["NOTED"], "a") as file:
        file.write(json.dumps(event) + "\\n")
"""
QUEUES = {
    "CampaignDeadLetters": {"Type": "AWS::SQS::Queue"},
    "ScheduleDeadLetters": {"Type": "AWS::SQS::Queue"},
    "CampaignQueue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["CampaignDeadLetters", "Arn"]},
                "maxReceiveCount": 5,
            }
        },
    },
    "UnstartedCampaigns": {"Type": "AWS::SQS::Queue"},
}
RUN = {"only": "campaigns"}
BOUNCE = {"source": "aws.ses", "detail": {"eventType": "Bounce"}}


def noting(file: Path) -> dict[str, Any]:
    """A function that appends each event to the file."""
    properties = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/noting",
        "Code": {"ZipFile": NOTING},
        "Environment": {"Variables": {"NOTED": str(file)}},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


@pytest.fixture
def stack(aws_endpoint: str, tmp_path: Path) -> Iterator[OperatedStack]:
    functions = {
        name: noting(tmp_path / name) for name in ("CampaignScheduleFunction", "MailFeedbackFunction")
    }
    with operated_stack(aws_endpoint, f"stack-{uuid.uuid4().hex}", QUEUES | functions, {}) as made:
        yield made


def send(stack: OperatedStack, queue: str, *bodies: Any) -> None:
    for body in bodies:
        stack.client("sqs").send_message(QueueUrl=stack.resources[queue], MessageBody=json.dumps(body))


def counts(stack: OperatedStack) -> dict[str, int]:
    lines = stack.run("redrive").stdout.splitlines()
    return {name: int(count) for name, count in (line.split("\t") for line in lines)}


def noted(file: Path, count: int) -> list[Any]:
    """The first events, which come a moment after the command has ended."""
    deadline = time.monotonic() + 60
    while not file.exists() or len(file.read_text().splitlines()) < count:
        assert time.monotonic() < deadline, "the function was not invoked"
        time.sleep(0.1)
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_dead_letters_are_counted_shown_and_brought_back(stack: OperatedStack) -> None:
    bodies = [{"campaign_id": f"c-{n}", "segment": n} for n in range(12)]
    send(stack, "CampaignDeadLetters", *bodies)
    full = {"CampaignDeadLetters": 12, "ScheduleDeadLetters": 0, "UnstartedCampaigns": 0}
    assert counts(stack) == full
    shown = stack.run("redrive", QUEUE="CampaignDeadLetters", SHOW="1").stdout
    assert all(json.loads(line) in bodies for line in shown.splitlines())
    assert counts(stack) == full
    done = stack.run("redrive", QUEUE="CampaignDeadLetters")
    assert done.stdout == "12 messages of CampaignDeadLetters are back at work\n"
    assert counts(stack) == full | {"CampaignDeadLetters": 0}
    sqs, received = stack.client("sqs"), []
    queue = {"QueueUrl": stack.resources["CampaignQueue"], "MaxNumberOfMessages": 10}
    while messages := sqs.receive_message(**queue).get("Messages"):
        received += [json.loads(message["Body"]) for message in messages]
    assert sorted(received, key=lambda one: one["segment"]) == bodies


def test_a_segment_goes_back_into_the_group_of_its_campaign(stack: OperatedStack) -> None:
    sqs, urls = stack.client("sqs"), stack.resources
    for group in ("c-1", "c-2"):
        sqs.send_message(QueueUrl=urls["CampaignDeadLetters"], MessageBody=group, MessageGroupId=group)
    stack.run("redrive", QUEUE="CampaignDeadLetters")
    received = sqs.receive_message(
        QueueUrl=urls["CampaignQueue"], MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    groups = {message["Body"]: message["Attributes"]["MessageGroupId"] for message in received}
    assert groups == {"c-1": "c-1", "c-2": "c-2"}


def test_a_queue_of_work_is_no_dead_letter_queue(stack: OperatedStack) -> None:
    refused = stack.run("redrive", QUEUE="CampaignQueue")
    assert refused.returncode == 2
    assert "there are CampaignDeadLetters, ScheduleDeadLetters, UnstartedCampaigns" in refused.stderr


def test_events_that_started_no_campaign_start_one_again(stack: OperatedStack, tmp_path: Path) -> None:
    """Of a function that failed, Lambda's record has the event; of a schedule, the message is the event."""
    send(stack, "UnstartedCampaigns", {"requestPayload": {"occurrence": "1"}}, {"occurrence": "2"})
    done = stack.run("redrive", QUEUE="UnstartedCampaigns")
    assert done.stdout == "2 messages of UnstartedCampaigns are back at work\n"
    events = noted(tmp_path / "CampaignScheduleFunction", 2)
    assert sorted(event["occurrence"] for event in events) == ["1", "2"]
    assert counts(stack)["UnstartedCampaigns"] == 0


def test_of_schedules_what_ses_told_of_mails_is_told_again_and_runs_are_deleted(
    stack: OperatedStack, tmp_path: Path
) -> None:
    send(stack, "ScheduleDeadLetters", {"requestPayload": BOUNCE}, {"requestPayload": RUN}, RUN)
    done = stack.run("redrive", QUEUE="ScheduleDeadLetters")
    assert done.stdout.splitlines() == [
        "1 messages of ScheduleDeadLetters are back at work",
        "2 runs of schedules are deleted: the next run does their work",
    ]
    assert noted(tmp_path / "MailFeedbackFunction", 1) == [BOUNCE]
    assert counts(stack)["ScheduleDeadLetters"] == 0


def test_dead_letters_are_shown_and_stay_or_are_dropped(stack: OperatedStack) -> None:
    send(stack, "ScheduleDeadLetters", RUN)
    assert stack.run("redrive", QUEUE="ScheduleDeadLetters", SHOW="1").stdout == json.dumps(RUN) + "\n"
    assert counts(stack)["ScheduleDeadLetters"] == 1
    dropped = stack.run("redrive", QUEUE="ScheduleDeadLetters", DROP="1")
    assert dropped.stdout == "1 messages of ScheduleDeadLetters are deleted\n"
    assert counts(stack)["ScheduleDeadLetters"] == 0
