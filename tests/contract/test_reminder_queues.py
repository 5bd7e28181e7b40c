"""The queues of reminders: in memory and in SQS alike."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

import boto3
import pytest
from mypy_boto3_sqs import SQSClient
from support.reminders import MemoryReminderQueue, strong_message

from minipush.adapters.sqs_reminders import SqsReminderDeadLetters, SqsReminderQueue, read_job
from minipush.application.ports.centre.reminder_queue import EndedTry, ReminderJob, ReminderQueue
from minipush.domain.centre.inbox import Sender, SenderKind
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderReason
from minipush.errors import StoreError

NOW = 1_800_000_000_000
MESSAGE = strong_message("m" * 32, NOW, openid="anna")
JOB = ReminderJob(openid="anna", sk=MESSAGE.place, queued_at=NOW, sender=MESSAGE.sender.id)
ENDED = EndedTry("an-owner", ChannelKind.BARK, ReminderReason.PROVIDER_REFUSED)
BARK, SMS = ReminderQueueName.BARK, ReminderQueueName.SMS

type Received = Callable[[ReminderQueueName, float], list[ReminderJob]]


@dataclass
class Queues:
    """`received`: takes the jobs that are visible now or within so many seconds."""

    queue: ReminderQueue
    received: Received


def in_memory() -> Queues:
    queue = MemoryReminderQueue(lambda: NOW)
    return Queues(
        queue,
        lambda name, seconds: [
            one.job for one in queue.messages if one.queue is name and one.visible_at <= NOW + 1000 * seconds
        ],
    )


def create_urls(client: SQSClient) -> dict[ReminderQueueName, str]:
    names = {name: f"{name}-{uuid.uuid4().hex}" for name in ReminderQueueName}
    return {name: client.create_queue(QueueName=text)["QueueUrl"] for name, text in names.items()}


def received_from(client: SQSClient, url: str, seconds: float) -> list[str]:
    bodies: list[str] = []
    deadline = time.monotonic() + seconds
    while True:
        answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            bodies.append(message["Body"])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        if not answer.get("Messages") and time.monotonic() >= deadline:
            return bodies


@pytest.fixture
def sqs(request: pytest.FixtureRequest, aws: boto3.Session) -> SQSClient:
    return aws.client("sqs", endpoint_url=request.getfixturevalue("aws_endpoint"))


@pytest.fixture(params=[pytest.param("memory"), pytest.param("sqs", marks=pytest.mark.emulator)])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "memory":
        return in_memory()
    client: SQSClient = request.getfixturevalue("sqs")
    urls = create_urls(client)
    queue = SqsReminderQueue(client, urls, lambda: NOW)
    return Queues(
        queue, lambda name, seconds: [read_job(body) for body in received_from(client, urls[name], seconds)]
    )


def test_a_new_reminder_is_in_the_queue_of_its_first_channel(queues: Queues) -> None:
    queues.queue.add(ChannelKind.BARK, MESSAGE)
    queues.queue.add(ChannelKind.SUBSCRIBE, MESSAGE)
    assert [queues.received(name, 0) for name in ReminderQueueName] == [[JOB], [], [], [JOB]]


@pytest.mark.parametrize(
    "job",
    [
        JOB,
        ReminderJob(openid="anna", sk="I#1#m", queued_at=NOW, ended=ENDED),
        ReminderJob(
            openid="anna",
            sk="I#1#m",
            queued_at=NOW,
            ended=EndedTry("an-owner", ChannelKind.EMAIL, None),
            passed_over=(ChannelKind.BARK, ChannelKind.SMS),
        ),
    ],
)
def test_a_job_that_is_passed_on_says_what_it_said(queues: Queues, job: ReminderJob) -> None:
    queues.queue.pass_on(SMS, job)
    assert queues.received(SMS, 0) == [job]


def test_a_delayed_job_comes_later(queues: Queues) -> None:
    queues.queue.pass_on(SMS, JOB, 1)
    assert queues.received(SMS, 0) == []
    assert queues.received(SMS, 2) == [JOB]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"openid": "anna", "sk": 1, "queued_at": 1}',
        '{"openid": "anna", "sk": "I", "queued_at": 1, "ended": {"owner": "x"}}',
        '{"openid": "anna", "sk": "I", "queued_at": 1, "passed_over": ["pigeon"]}',
    ],
)
def test_a_message_of_another_kind_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        read_job(body)


@pytest.mark.emulator
def test_dead_letters_are_counted_and_go_back_to_their_queue(sqs: SQSClient) -> None:
    urls, dead_urls = create_urls(sqs), create_urls(sqs)
    dead = SqsReminderDeadLetters(sqs, urls, dead_urls)
    SqsReminderQueue(sqs, dead_urls, lambda: NOW).add(ChannelKind.BARK, MESSAGE)
    for n in range(12):
        sqs.send_message(QueueUrl=dead_urls[SMS], MessageBody=f"{n}")
    assert [(dead.count(name).queued, dead.count(name).dead) for name in (BARK, SMS)] == [(0, 1), (0, 12)]
    assert dead.redrive(SMS, 11) == 11
    assert [(dead.count(name).queued, dead.count(name).dead) for name in (BARK, SMS)] == [(0, 1), (11, 1)]
    assert dead.redrive(SMS, 100) == 1
    assert sorted(received_from(sqs, urls[SMS], 0), key=int) == [str(n) for n in range(12)]


def groups_in(client: SQSClient, url: str) -> list[str | None]:
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )
    return [message.get("Attributes", {}).get("MessageGroupId") for message in answer.get("Messages", [])]


@pytest.mark.emulator
def test_jobs_are_grouped_by_sender_so_that_the_queue_is_fair(sqs: SQSClient) -> None:
    urls = create_urls(sqs)
    queue = SqsReminderQueue(sqs, urls, lambda: NOW)
    queue.add(ChannelKind.BARK, MESSAGE)
    queue.add(ChannelKind.BARK, replace(MESSAGE, sender=Sender(SenderKind.CENTRE, "", "")))
    assert sorted(groups_in(sqs, urls[BARK]), key=str) == [None, "wx1"]
    queue.pass_on(SMS, replace(JOB, ended=ENDED))
    assert groups_in(sqs, urls[SMS]) == ["wx1"]


@pytest.mark.emulator
def test_a_dead_letter_goes_back_into_its_senders_group(sqs: SQSClient) -> None:
    urls, dead_urls = create_urls(sqs), create_urls(sqs)
    SqsReminderQueue(sqs, dead_urls, lambda: NOW).pass_on(SMS, JOB)
    SqsReminderDeadLetters(sqs, urls, dead_urls).redrive(SMS, 10)
    assert groups_in(sqs, urls[SMS]) == ["wx1"]


@pytest.mark.emulator
def test_delayed_jobs_are_counted_apart(sqs: SQSClient) -> None:
    urls = create_urls(sqs)
    SqsReminderQueue(sqs, urls, lambda: NOW).pass_on(SMS, JOB, 60)
    counts = SqsReminderDeadLetters(sqs, urls, create_urls(sqs)).count(SMS)
    assert (counts.queued, counts.delayed, counts.dead) == (0, 1, 0)


def test_a_queue_that_cannot_be_reached_is_a_store_error(aws: boto3.Session) -> None:
    client: SQSClient = aws.client("sqs", endpoint_url="http://127.0.0.1:1")
    urls = dict.fromkeys(ReminderQueueName, "http://127.0.0.1:1/q")
    with pytest.raises(StoreError):
        SqsReminderQueue(client, urls, lambda: NOW).pass_on(SMS, JOB)
