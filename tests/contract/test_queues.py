"""The queue of segments: in memory and in SQS alike."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from support.campaigns import MemoryQueue

from minipush.adapters.sqs import SqsSegmentQueue, read_body
from minipush.application.ports.campaigns import SegmentQueue
from minipush.errors import StoreError


@dataclass
class Queue:
    """`received`: takes the messages that are visible now or within so many seconds."""

    segments: SegmentQueue
    put: Callable[..., None]
    received: Callable[[float], list[tuple[str, int]]]


def in_memory() -> Queue:
    queue = MemoryQueue()
    return Queue(
        queue,
        queue.put,
        lambda seconds: [(id_, number) for id_, number, delay in queue.messages if delay <= seconds],
    )


def in_sqs(client: Any) -> Queue:
    url = client.create_queue(QueueName=f"segments-{uuid.uuid4().hex}")["QueueUrl"]

    def received(seconds: float) -> list[tuple[str, int]]:
        bodies: list[str] = []
        deadline = time.monotonic() + seconds
        while True:
            answer = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            for message in answer.get("Messages", []):
                bodies.append(message["Body"])
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if not answer.get("Messages") and time.monotonic() >= deadline:
                return [read_body(body) for body in bodies]

    queue = SqsSegmentQueue(lambda: client, url)
    return Queue(queue, queue.put, received)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("sqs", marks=pytest.mark.emulator)])
def queue(request: pytest.FixtureRequest, aws: boto3.Session) -> Queue:
    if request.param == "memory":
        return in_memory()
    return in_sqs(aws.client("sqs", endpoint_url=request.getfixturevalue("aws_endpoint")))


@pytest.mark.parametrize("count", [0, 1, 10, 11, 57])
def test_every_segment_is_queued_once(queue: Queue, count: int) -> None:
    queue.put("c-1", iter(range(count)))
    assert sorted(queue.received(0)) == [("c-1", number) for number in range(count)]


def test_the_same_segment_may_be_queued_twice(queue: Queue) -> None:
    queue.put("c-1", [7])
    queue.put("c-1", [7])
    assert queue.received(0) == [("c-1", 7), ("c-1", 7)]


def test_what_is_delayed_comes_later(queue: Queue) -> None:
    queue.put("c-1", [1], 1)
    queue.put("c-1", [2])
    assert queue.received(0) == [("c-1", 2)]
    assert ("c-1", 1) in queue.received(1.5)


def test_a_received_message_is_hidden_until_it_is_deleted(queue: Queue) -> None:
    queue.put("c-1", [1, 2])
    received = [*queue.segments.receive(1, 1, 60), *queue.segments.receive(10, 1, 60)]
    assert sorted((segment.campaign_id, segment.number) for segment in received) == [("c-1", 1), ("c-1", 2)]
    assert queue.segments.receive(10, 0, 60) == []
    for segment in received:
        queue.segments.delete(segment.receipt)
        queue.segments.delete(segment.receipt)
        queue.segments.hide(segment.receipt, 0)
    assert queue.segments.receive(10, 0, 60) == []


def test_a_message_that_is_not_deleted_comes_again(queue: Queue) -> None:
    queue.put("c-1", [1])
    (first,) = queue.segments.receive(10, 1, 60)
    queue.segments.hide(first.receipt, 1)
    (again,) = queue.segments.receive(10, 5, 60)
    assert (again.campaign_id, again.number) == ("c-1", 1)


def test_a_queue_that_is_empty_is_waited_for(queue: Queue) -> None:
    with ThreadPoolExecutor(1) as pool:
        received = pool.submit(queue.segments.receive, 1, 10, 60)
        time.sleep(0.2)
        assert not received.done()
        queue.put("c-1", [1])
        assert [segment.number for segment in received.result(timeout=10)] == [1]


@pytest.mark.emulator
def test_messages_are_grouped_by_campaign_so_that_the_queue_is_fair(
    aws: boto3.Session, aws_endpoint: str
) -> None:
    client = aws.client("sqs", endpoint_url=aws_endpoint)
    url = client.create_queue(QueueName=f"segments-{uuid.uuid4().hex}")["QueueUrl"]
    queue = SqsSegmentQueue(lambda: client, url)
    queue.put("c-1", range(3))
    queue.put("c-2", [0])
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )
    groups = [message["Attributes"]["MessageGroupId"] for message in answer["Messages"]]
    assert sorted(groups) == ["c-1", "c-1", "c-1", "c-2"]


@pytest.mark.parametrize(
    "body", ["", "7", "null", "[]", "{}", '{"campaign_id": "c-1"}', '{"campaign_id": 1, "segment": "1"}']
)
def test_a_body_of_another_kind_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        read_body(body)


class Sqs:
    """Fails each entry in `fails` so many times."""

    def __init__(self, **fails: int) -> None:
        self.fails = {name.removeprefix("n"): times for name, times in fails.items()}
        self.taken: list[str] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        failed = []
        for entry in request["Entries"]:
            if self.fails.get(entry["Id"], 0):
                self.fails[entry["Id"]] -= 1
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
            else:
                self.taken.append(entry["MessageBody"])
        return {"Successful": [], "Failed": failed}


def queue_of(sqs: Any) -> SqsSegmentQueue:
    """Without pauses."""
    return SqsSegmentQueue(lambda: sqs, "url", lambda _: None)


def test_what_a_batch_did_not_take_goes_again_and_nothing_else() -> None:
    sqs = Sqs(n3=2, n5=1)
    queue_of(sqs).put("c-1", range(7))
    assert [read_body(body)[1] for body in sqs.taken] == [0, 1, 2, 4, 6, 5, 3]


def test_what_is_never_taken_is_a_store_error() -> None:
    with pytest.raises(StoreError):
        queue_of(Sqs(n3=99)).put("c-1", range(7))


def test_a_queue_that_cannot_be_reached_is_a_store_error() -> None:
    class Gone:
        def send_message_batch(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="http://sqs")

    with pytest.raises(StoreError):
        queue_of(Gone()).put("c-1", [1])
