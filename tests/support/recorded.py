"""What the function `recorder` noted, and queues and rules that lead to it."""

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

PATIENCE = 30.0


@dataclass
class Recorder:
    aws: Aws
    arn: str
    path: Path

    def notes(self, mark: str) -> list[dict[str, Any]]:
        """Those that hold the mark somewhere."""
        text = self.path.read_text() if self.path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if mark in line]

    def wait(self, mark: str, count: int = 1, retry_policy: float = PATIENCE) -> list[dict[str, Any]]:
        return until(lambda: self.notes(mark), lambda notes: len(notes) >= count, retry_policy)


def until[T](look: Callable[[], T], is_enough: Callable[[T], bool], retry_policy: float = PATIENCE) -> T:
    """The last look, also when patience has run out."""
    deadline = time.monotonic() + retry_policy
    while not is_enough(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return seen


@dataclass
class MappedQueue:
    """A queue as the template's, whose messages go to the recorder, two at a time."""

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
        """Send a message that asks this; returns when it was sent."""
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
        """How many messages the queue holds, seen or unseen."""
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
