"""The queue of segments to run, in SQS. A message: `{"campaign_id": "c-…", "segment": 0}`."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.aws.retrying import attempts
from minipush.application.ports.campaigns import QueuedSegment

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Entries per call, SQS's limit.
ENTRIES = 10

logger = logging.getLogger(__name__)


class SqsSegmentQueue:
    """`client` is called before each use: the sweep seldom queues."""

    def __init__(
        self, client: "Callable[[], SQSClient]", url: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._url = url
        self._sleep = sleep

    @raises_store_error
    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        for batch in batched(numbers, ENTRIES, strict=False):
            self._send({str(number): _entry(campaign_id, number, delay_seconds) for number in batch})

    @raises_store_error
    def receive(self, most: int, wait_seconds: int, hidden_seconds: int) -> list[QueuedSegment]:
        """A message of another kind is left to the dead-letter queue."""
        answer = self._client().receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=hidden_seconds,
        )
        received = (
            _read(message["Body"], message["ReceiptHandle"]) for message in answer.get("Messages", [])
        )
        return [segment for segment in received if segment]

    def hide(self, receipt: str, seconds: int) -> None:
        with _failures_logged("hidden"):
            self._client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )

    def delete(self, receipt: str) -> None:
        with _failures_logged("deleted"):
            self._client().delete_message(QueueUrl=self._url, ReceiptHandle=receipt)

    def _send(self, entries: dict[str, Any]) -> None:
        """SQS may accept a part of the entries: send the failed ones again."""
        for _ in attempts(self._sleep):
            answer = self._client().send_message_batch(QueueUrl=self._url, Entries=list(entries.values()))
            entries = {failed["Id"]: entries[failed["Id"]] for failed in answer.get("Failed", [])}
            if not entries:
                return


def read_body(body: str) -> tuple[str, int]:
    """The campaign's id and the segment's number in a message. Raises ValueError."""
    match json.loads(body):
        case {"campaign_id": str(campaign_id), "segment": int(number)}:
            return campaign_id, number
        case _:
            raise ValueError("the message is not about a segment")


def read_record(record: Mapping[str, Any]) -> QueuedSegment | None:
    """A record of a Lambda event; None for a message of another kind."""
    return _read(record["body"], record["receiptHandle"])


def _read(body: str, receipt: str) -> QueuedSegment | None:
    try:
        return QueuedSegment(*read_body(body), receipt)
    except ValueError:
        logger.exception("a message can't be read")
        return None


@contextmanager
def _failures_logged(done: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        logger.warning("a message could not be %s: %s", done, type(error).__name__)


def _entry(campaign_id: str, number: int, delay_seconds: int) -> dict[str, Any]:
    """The group makes the queue a fair one: a campaign of many segments does not keep the others waiting."""
    body = json.dumps({"campaign_id": campaign_id, "segment": number})
    return {
        "Id": str(number),
        "MessageBody": body,
        "MessageGroupId": campaign_id,
        "DelaySeconds": delay_seconds,
    }
