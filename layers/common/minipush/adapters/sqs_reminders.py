"""The queues of reminders, in SQS.

A message: `{"openid": "o…", "sk": "I#…", "queued_at": 1800000000000}`. When a channel is done with and another queue's
channel is next, also `"ended": {"owner": "…", "channel": "bark", "reason": "provider_refused"}`, without a reason where
the outcome is unknown. `"passed_over": ["sms"]` names channels by which nothing may be sent now. `"sender": "wx…"` is the
app or the personal key that the message is of, and the message's group: SQS lets the jobs of others pass (fair queues).
"""

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from minipush.adapters.aws.errors import raises_store_error
from minipush.application.ports.centre.reminder_queue import EndedTry, QueueCounts, ReminderJob
from minipush.application.ports.clock import Clock
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderReason, queue_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageRequestTypeDef

# Entries per call, SQS's limit.
ENTRIES = 10
COUNTS: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
DELAYED: Final = "ApproximateNumberOfMessagesDelayed"

logger = logging.getLogger(__name__)


class SqsReminderQueue:
    """`urls`: of the queues."""

    def __init__(self, client: "SQSClient", urls: Mapping[ReminderQueueName, str], clock: Clock) -> None:
        self._client = client
        self._urls = urls
        self._clock = clock

    def add(self, kind: ChannelKind, message: InboxMessage) -> None:
        job = ReminderJob(
            openid=message.openid, sk=message.place, queued_at=self._clock(), sender=message.sender.id
        )
        self.pass_on(queue_of(kind), job)

    @raises_store_error
    def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
        _send(self._client, self._urls[queue], encoded_job(job), job.sender, delay)


class SqsReminderDeadLetters:
    """`urls` and `dead_letter_urls`: of the queues and of their dead-letter queues."""

    def __init__(
        self,
        client: "SQSClient",
        urls: Mapping[ReminderQueueName, str],
        dead_letter_urls: Mapping[ReminderQueueName, str],
    ) -> None:
        self._client = client
        self._urls = urls
        self._dead = dead_letter_urls

    @raises_store_error
    def count(self, queue: ReminderQueueName) -> QueueCounts:
        jobs, dead = (self._attributes(urls[queue]) for urls in (self._urls, self._dead))
        return QueueCounts(
            queued=sum(jobs[name] for name in COUNTS),
            delayed=jobs[DELAYED],
            dead=sum(dead[n] for n in COUNTS),
        )

    @raises_store_error
    def redrive(self, queue: ReminderQueueName, most: int) -> int:
        """A message is deleted once the queue has it: it may be moved twice, and is never lost."""
        moved = 0
        while moved < most:
            answer = self._client.receive_message(
                QueueUrl=self._dead[queue],
                MaxNumberOfMessages=min(ENTRIES, most - moved),
                VisibilityTimeout=60,
                MessageSystemAttributeNames=["MessageGroupId"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                break
            for message in messages:
                group = message.get("Attributes", {}).get("MessageGroupId", "")
                _send(self._client, self._urls[queue], message["Body"], group)
                self._client.delete_message(
                    QueueUrl=self._dead[queue], ReceiptHandle=message["ReceiptHandle"]
                )
            moved += len(messages)
        return moved

    def _attributes(self, url: str) -> dict[str, int]:
        answer = self._client.get_queue_attributes(QueueUrl=url, AttributeNames=[*COUNTS, DELAYED])
        return {name: int(number) for name, number in answer["Attributes"].items()}


def _send(client: "SQSClient", url: str, body: str, group: str, delay: int = 0) -> None:
    request: SendMessageRequestTypeDef = {"QueueUrl": url, "MessageBody": body, "DelaySeconds": delay}
    if group:
        request["MessageGroupId"] = group
    client.send_message(**request)


def encoded_job(job: ReminderJob) -> str:
    body: dict[str, Any] = {"openid": job.openid, "sk": job.sk, "queued_at": job.queued_at}
    if job.ended:
        reason = {"reason": job.ended.reason} if job.ended.reason else {}
        body["ended"] = {"owner": job.ended.owner, "channel": job.ended.channel, **reason}
    if job.passed_over:
        body["passed_over"] = list(job.passed_over)
    if job.sender:
        body["sender"] = job.sender
    return json.dumps(body, separators=(",", ":"))


def read_job(body: str) -> ReminderJob:
    """Raises ValueError."""
    value: Any = json.loads(body)
    match value:
        case {"openid": str(openid), "sk": str(sk), "queued_at": int(queued_at)}:
            return ReminderJob(
                openid=openid,
                sk=sk,
                queued_at=queued_at,
                ended=_read_ended(value["ended"]) if "ended" in value else None,
                passed_over=tuple(ChannelKind(kind) for kind in value.get("passed_over", ())),
                sender=str(value.get("sender", "")),
            )
        case _:
            raise ValueError("the message is not about a reminder")


def read_record(record: Mapping[str, Any]) -> ReminderJob | None:
    """The job in a record of a Lambda event; None for a message of another kind, which goes to the dead letters."""
    try:
        return read_job(record["body"])
    except ValueError:
        logger.exception("a message can't be read")
        return None


def _read_ended(value: Any) -> EndedTry:
    match value:
        case {"owner": str(owner), "channel": str(channel), "reason": str(reason)}:
            return EndedTry(owner, ChannelKind(channel), ReminderReason(reason))
        case {"owner": str(owner), "channel": str(channel)}:
            return EndedTry(owner, ChannelKind(channel), None)
        case _:
            raise ValueError("the message does not say which try has ended")
