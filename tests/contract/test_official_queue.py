"""The queue of the official account's worker, in SQS."""

import uuid
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from minipush.adapters.sqs_official import SqsOfficialQueue, read_body
from minipush.domain.followers import FollowChanged, FollowStep, OfficialEvent, SendFailed
from minipush.errors import StoreError

pytestmark = pytest.mark.emulator


@dataclass
class Queue:
    """`client`: SQS itself."""

    client: Any
    url: str
    official: SqsOfficialQueue

    def receive(self, hidden_seconds: int) -> list[tuple[OfficialEvent | str, str]]:
        """The messages that are visible now, with their receipts."""
        answer = self.client.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=hidden_seconds
        )
        return [(read_body(each["Body"]), each["ReceiptHandle"]) for each in answer.get("Messages", [])]


@pytest.fixture
def queue(aws: boto3.Session, aws_endpoint: str) -> Queue:
    client = aws.client("sqs", endpoint_url=aws_endpoint)
    url = client.create_queue(QueueName=f"official-{uuid.uuid4().hex}")["QueueUrl"]
    return Queue(client, url, SqsOfficialQueue(lambda: client, url))


@pytest.mark.parametrize(
    "event",
    [FollowChanged("o-ada", FollowStep.UNFOLLOWED, 5), SendFailed("o-ada", "", "failed:user block", 5)],
)
def test_an_event_comes_as_it_was_put(
    queue: Queue, event: OfficialEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipush.adapters.sqs_official.FAILURE_DELAY_SECONDS", 0)
    queue.official.put_event(event)
    assert [what for what, _ in queue.receive(60)] == [event]


def test_a_hidden_message_is_not_handed_out(queue: Queue) -> None:
    queue.official.put_sync("s")
    [(_, receipt)] = queue.receive(60)
    queue.official.hide(receipt, 0)
    [(what, again)] = queue.receive(0)
    queue.official.hide(again, 60)
    assert (what, queue.receive(0)) == ("s", [])


def test_work_goes_on_where_its_message_can_not_be_hidden(queue: Queue) -> None:
    """Another worker has got the message meanwhile, or has deleted it."""
    SqsOfficialQueue(lambda: queue.client, queue.url).hide("a receipt of long ago", 60)


def test_a_queue_that_is_not_there_is_a_store_error(queue: Queue) -> None:
    official = SqsOfficialQueue(lambda: queue.client, f"{queue.url}-gone")
    with pytest.raises(StoreError):
        official.put_sync("s")
