"""The function `recorder`, which writes down its events, and queues that lead to it."""

import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.stack.aws import Aws

WAIT_SECONDS = 30.0


@dataclass
class Recorder:
    aws: Aws
    arn: str
    path: Path

    def notes(self, mark: str) -> list[dict[str, Any]]:
        """The notes that contain `mark`."""
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if mark in line]

    def wait(self, mark: str, count: int = 1, seconds: float = WAIT_SECONDS) -> list[dict[str, Any]]:
        return until(lambda: self.notes(mark), lambda notes: len(notes) >= count, seconds)


def until[T](look: Callable[[], T], is_enough: Callable[[T], bool], seconds: float = WAIT_SECONDS) -> T:
    """Poll until `is_enough`; returns what was seen last, also when the time is over."""
    deadline = time.monotonic() + seconds
    while not is_enough(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


@dataclass
class MappedQueue:
    """A queue like the template's. At most two recorders at a time get its messages."""

    recorder: Recorder
    visibility: int = 300
    receives: int = 5
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    _after: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self._sqs, functions = self.recorder.aws.client("sqs"), self.recorder.aws.client("lambda")
        self.dead_letters = self._queue("dead", {})
        redrive = {"deadLetterTargetArn": self._arn(self.dead_letters), "maxReceiveCount": self.receives}
        settings = {"VisibilityTimeout": str(self.visibility), "RedrivePolicy": json.dumps(redrive)}
        self.url = self._queue("alive", settings)
        mapping = functions.create_event_source_mapping(
            FunctionName=self.recorder.arn, EventSourceArn=self._arn(self.url), BatchSize=1,
            FunctionResponseTypes=["ReportBatchItemFailures"], ScalingConfig={"MaximumConcurrency": 2},
        )  # fmt: skip
        self._after.callback(functions.delete_event_source_mapping, UUID=mapping["UUID"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._after.close()

    def put(self, **asked: Any) -> float:
        """Send a message that asks the recorder for this; returns the time of sending."""
        self._sqs.send_message(QueueUrl=self.url, MessageBody=json.dumps({"mark": self.mark, **asked}))
        return time.time()

    def put_many(self, batches: int) -> int:
        entries = [{"Id": str(n), "MessageBody": json.dumps({"mark": self.mark})} for n in range(10)]
        for _ in range(batches):
            self._sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
        return batches * len(entries)

    def beginnings(self, count: int) -> list[dict[str, Any]]:
        return until(lambda: self._noted("began"), lambda notes: len(notes) >= count)

    def endings(self, count: int) -> list[dict[str, Any]]:
        return until(lambda: self._noted("ended"), lambda notes: len(notes) >= count)

    def held(self, url: str | None = None) -> int:
        """The number of messages in the queue, visible or not."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=kinds)
        return sum(int(answer["Attributes"][kind]) for kind in kinds)

    def _noted(self, when: str) -> list[dict[str, Any]]:
        return [note for note in self.recorder.notes(self.mark) if when in note]

    def _queue(self, name: str, attributes: dict[str, str]) -> str:
        made: str = self._sqs.create_queue(QueueName=f"{name}-{self.mark}", Attributes=attributes)["QueueUrl"]
        self._after.callback(self._sqs.delete_queue, QueueUrl=made)
        return made

    def _arn(self, url: str) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])
