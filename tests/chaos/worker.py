"""A worker process: polls the queue as Lambda does, with an unreliable table and little time."""

import ctypes
import io
import json
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from support.deployment import LambdaContext

from functions.push import worker
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery import adaptive_throttle
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.container import container

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
    UnreliableTable(config, chance).intercept(container().dynamodb)
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

    def intercept(self, client: Any) -> None:
        client.meta.events.register("before-send.dynamodb", self._before_send)
        client.batch_execute_statement = partial(self._in_part, client.batch_execute_statement)

    def _fails(self) -> bool:
        self._calm_at = self._calm_at or time.monotonic() + self._seconds
        return time.monotonic() < self._calm_at and self._chance.random() < self._share

    def _before_send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not self._fails():
            return None
        assert isinstance(request.body, bytes)
        self._note(json.loads(request.body).get("Statements", []))
        if self._chance.random() < 0.5:
            return answer(request, 400, REJECTED)
        self._wire.send(request)
        return answer(request, 500, ANSWER_LOST)

    def _in_part(self, call: Callable[..., Any], *, Statements: list[Any]) -> dict[str, Any]:  # noqa: N803
        failed = [self._fails() for _ in Statements]
        self._note(statement for statement, hit in zip(Statements, failed, strict=True) if hit)
        taken = [statement for statement, hit in zip(Statements, failed, strict=True) if not hit]
        answers: Iterator[Any] = iter(call(Statements=taken)["Responses"] if taken else ())
        return {"Responses": [THROTTLED if hit else next(answers) for hit in failed]}

    def _note(self, statements: Iterable[Any]) -> None:
        values = [value for each in statements for value in each["Parameters"] if "S" in value]
        os.write(self._failures, "".join(f"{value['S']}\n" for value in values).encode())


class Raw(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), Raw(body))
