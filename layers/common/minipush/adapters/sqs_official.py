"""The queue of the official account's worker, in SQS.

A message is an event (`{"event": "followed", "openid": "…", "at": 0}`, `{"event": "send_failed", …}`) or a sync to go on with
(`{"sync": "…"}`).
"""

import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.aws.errors import raises_store_error
from minipush.domain.followers import FollowChanged, FollowStep, OfficialEvent, SendFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

_SEND_FAILED = "send_failed"
logger = logging.getLogger(__name__)

# A worker writes a recipient into the report some seconds after it was sent.
FAILURE_DELAY_SECONDS = 5


class SqsOfficialQueue:
    """`client` is called when it is needed."""

    def __init__(self, client: "Callable[[], SQSClient]", url: str) -> None:
        self._client = client
        self._url = url

    def put_event(self, event: OfficialEvent) -> None:
        is_failure = isinstance(event, SendFailed)
        self._send(event_body(event), FAILURE_DELAY_SECONDS if is_failure else 0)

    def put_sync(self, sync_id: str, delay_seconds: int = 0) -> None:
        self._send(json.dumps({"sync": sync_id}), delay_seconds)

    def hide(self, receipt: str, seconds: int) -> None:
        """Raises nothing: the work goes on, and another worker may begin it, too."""
        try:
            self._client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("a message could not be hidden: %s", type(error).__name__)

    @raises_store_error
    def _send(self, body: str, delay_seconds: int) -> None:
        self._client().send_message(QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_seconds)


def event_body(event: OfficialEvent) -> str:
    fields = asdict(event)
    name = fields.pop("step") if isinstance(event, FollowChanged) else _SEND_FAILED
    return json.dumps({"event": name, **fields}, ensure_ascii=False)


def read_body(body: str) -> OfficialEvent | str:
    """An event, or the id of a sync. Raises ValueError."""
    match json.loads(body):
        case {"sync": str(sync_id)}:
            return sync_id
        case {
            "event": "send_failed",
            "openid": str(openid),
            "msgid": str(msgid),
            "status": str(status),
            "at": int(at),
        }:
            return SendFailed(openid, msgid, status, at)
        case {"event": str(step), "openid": str(openid), "at": int(at)}:
            return FollowChanged(openid, FollowStep(step), at)
        case other:
            raise ValueError(f"not work for the official account: {type(other).__name__}")
