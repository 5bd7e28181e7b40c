"""The queue of segments to run, in SQS. A message: `{"campaign_id": "c-…", "segment": 0}`."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.aws.retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Entries per call, SQS's limit.
ENTRIES = 10

logger = logging.getLogger(__name__)


class SqsSegmentQueue:
    def __init__(self, client: "SQSClient", url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._url = url
        self._sleep = sleep

    @raises_store_error
    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        for batch in batched(numbers, ENTRIES, strict=False):
            self._send({str(number): _entry(campaign_id, number, delay_seconds) for number in batch})

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """Hide a received message from other workers for so long. A failure is only logged: another may have it by now."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("a message could not be hidden: %s", type(error).__name__)

    def _send(self, entries: dict[str, Any]) -> None:
        """SQS may accept a part of the entries: send the failed ones again."""
        for _ in attempts(self._sleep):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=list(entries.values()))
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


def _entry(campaign_id: str, number: int, delay_seconds: int) -> dict[str, Any]:
    body = json.dumps({"campaign_id": campaign_id, "segment": number})
    return {"Id": str(number), "MessageBody": body, "DelaySeconds": delay_seconds}
