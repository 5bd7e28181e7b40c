"""A worker process: polls the queue as Lambda does, with an unreliable table and little time."""

import ctypes
import io
import json
import os
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import LambdaContext

from functions.push import worker
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery import adaptive_throttle
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.container import Container, container
from minipush.curl import CurlAnswer

VISIBLE_AGAIN_SECONDS = 5
# A fifth of the real times, and small pages, so that a few hundred users meet as many faults.
SETTINGS = WorkerSettings(
    lease_seconds=4,
    renew_seconds=1,
    sure_seconds=2.8,
    hidden_seconds=VISIBLE_AGAIN_SECONDS,
    fresh_seconds=4.0,
    rest_after_trouble_seconds=1,
    rest_after_refusals_seconds=1,
    page_size=20,
    batch_size=5,
)
RETRY_POLICY = RetryPolicy(tries=10, answer_within=1.0, longest_pause=2.0)
THROTTLE = {"HOLD": 0.4, "SLOWEST": 20.0}
THROTTLED = {"Error": {"Code": "ProvisionedThroughputExceeded", "Message": "by the fault plan"}}
REJECTED = b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
ANSWER_LOST = b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}'


@dataclass(frozen=True)
class WorkerConfig:
    """`table_failures`: the share of calls to the table that fail, for `table_failure_seconds` from the first call on.

    `duplicates`: the share of messages that are delivered twice. `failures`: a file for the users of failed writes.
    """

    seed: int
    environment: Mapping[str, str]
    table_failures: float
    table_failure_seconds: float
    duplicates: float
    log: Path
    failures: Path
    retry_policy: RetryPolicy = RETRY_POLICY


def work(config: WorkerConfig, busy: ctypes.c_byte) -> None:
    """Work until the process is killed."""
    log = os.open(config.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(config.environment)
    shorten(config.retry_policy)
    chance = random.Random(f"{config.seed} {os.getpid()}")
    UnreliableTable(config, chance).intercept(container())
    poll(boto3.client("sqs"), config, busy, chance)


def shorten(retry_policy: RetryPolicy) -> None:
    container().override(worker_settings=SETTINGS, worker_retry_policy=retry_policy)
    for name, value in THROTTLE.items():
        assert hasattr(adaptive_throttle, name)
        setattr(adaptive_throttle, name, value)


def poll(sqs: Any, config: WorkerConfig, busy: ctypes.c_byte, chance: random.Random) -> None:
    url = config.environment["CAMPAIGN_QUEUE_URL"]
    while True:
        # A message that stays visible to the others is run twice at the same time.
        hidden = 0 if chance.random() < config.duplicates else VISIBLE_AGAIN_SECONDS
        received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=hidden, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            busy.value = 1
            if ran(message, seconds=chance.choice((26, 28, 40))):
                # Another worker may have received or deleted it by now.
                with suppress(ClientError):
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            busy.value = 0


def ran(message: Mapping[str, Any], seconds: float) -> bool:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
    }
    answer = worker.handler({"Records": [record]}, LambdaContext(seconds=seconds))
    return not answer["batchItemFailures"]


class UnreliableTable:
    """Rejects calls, makes others and loses the answer, or executes only some statements of a batch.

    Records the users of writes that may have failed, one per line.
    """

    def __init__(self, config: WorkerConfig, chance: random.Random) -> None:
        self._share = config.table_failures
        self._seconds = config.table_failure_seconds
        self._calm_at: float | None = None
        self._chance = chance
        self._wire = URLLib3Session()
        self._failures = os.open(config.failures, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def intercept(self, c: Container) -> None:
        events: Any = c.dynamodb.meta.events
        events.register("before-send.dynamodb", self._before_send)
        c.override(event_loop_calls=UnreliableCalls(c.dynamodb, self))

    def fails(self) -> bool:
        self._calm_at = self._calm_at or time.monotonic() + self._seconds
        return time.monotonic() < self._calm_at and self._chance.random() < self._share

    def is_rejected(self) -> bool:
        """Otherwise, only the answer is lost."""
        return self._chance.random() < 0.5

    def _before_send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not self.fails():
            return None
        assert isinstance(request.body, bytes)
        self.note(json.loads(request.body).get("Statements", []))
        if self.is_rejected():
            return answer(request, 400, REJECTED)
        self._wire.send(request)
        return answer(request, 500, ANSWER_LOST)

    def note(self, statements: Iterable[Any]) -> None:
        values = [value for each in statements for value in each["Parameters"] if "S" in value]
        os.write(self._failures, "".join(f"{value['S']}\n" for value in values).encode())


class UnreliableCalls(EventLoopCalls):
    """The same for the calls over the event loop."""

    def __init__(self, client: DynamoDBClient, table: UnreliableTable) -> None:
        super().__init__(client)
        self._table = table

    async def __call__(self, operation: str, body: bytes) -> dict[str, Any]:
        if operation != "BatchExecuteStatement":
            return await super().__call__(operation, body)
        statements = json.loads(body)["Statements"]
        failed = [self._table.fails() for _ in statements]
        self._table.note(statement for statement, hit in zip(statements, failed, strict=True) if hit)
        taken = [statement for statement, hit in zip(statements, failed, strict=True) if not hit]
        if not taken:
            return {"Responses": [THROTTLED] * len(statements)}
        found = await super().__call__(operation, json.dumps({"Statements": taken}).encode())
        answers: Iterator[Any] = iter(found["Responses"])
        return {"Responses": [THROTTLED if hit else next(answers) for hit in failed]}

    async def exchange(self, operation: str, body: bytes) -> CurlAnswer:
        if not self._table.fails():
            return await super().exchange(operation, body)
        self._table.note(json.loads(body).get("Statements", []))
        if self._table.is_rejected():
            return CurlAnswer(0, was_sent=True, status=400, body=REJECTED)
        await super().exchange(operation, body)
        return CurlAnswer(0, was_sent=True, status=500, body=ANSWER_LOST)


class Raw(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), Raw(body))
