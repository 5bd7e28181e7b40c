"""A worker in a process of its own: what Lambda does with the queue, between a table and a clock that are against it."""

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
from minipush.application.campaigns.worker import (
    batches,
    run_segment,
    segment_checkpoint,
    segment_lease,
    segment_runner,
)
from minipush.application.delivery import adaptive_throttle, delivery
from minipush.application.delivery.delivery import RetryPolicy
from minipush.container import container

VISIBLE_AGAIN_SECONDS = 5
# The engine's own times, a fifth of them, and small pages: so that a few hundred users meet as much.
SHORTER: Mapping[str, object] = {
    "LEASE_SECONDS": 4,
    "RENEW_SECONDS": 1,
    "SURE_SECONDS": 2.8,
    "HIDDEN_SECONDS": VISIBLE_AGAIN_SECONDS,
    "FRESH_SECONDS": 4.0,
    "REST_SECONDS": 1,
    "HOLD": 0.4,
    "SLOWEST": 20.0,
    "PAGE": 20,
    "BATCH": 5,
    "RetryPolicy": partial(RetryPolicy, answer_within=1.0, longest_pause=2.0),
}
SHORTENED = (
    delivery,
    batches,
    segment_runner,
    run_segment,
    segment_checkpoint,
    adaptive_throttle,
    segment_lease,
    worker,
)
THROTTLED = {"Error": {"Code": "ProvisionedThroughputExceeded", "Message": "as the seed has it"}}
TURNED_AWAY = b'{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}'
ANSWER_LOST = b'{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}'


@dataclass(frozen=True)
class Orders:
    """`shaky`: the share of calls to the table that fail for `shaky_seconds` from a worker's first one on.

    `twice`: the share of messages that come twice.
    """

    seed: int
    environment: Mapping[str, str]
    shaky: float
    shaky_seconds: float
    twice: float
    log: Path
    failures: Path


def work(orders: Orders, busy: ctypes.c_byte) -> None:
    """Until it is killed."""
    log = os.open(orders.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(orders.environment)
    shorten()
    chance = random.Random(f"{orders.seed} {os.getpid()}")
    ShakyTable(orders, chance).stand_before(container().dynamodb)
    poll(boto3.client("sqs"), orders, busy, chance)


def shorten() -> None:
    for name, value in SHORTER.items():
        those = [module for module in SHORTENED if hasattr(module, name)]
        assert those, name
        for module in those:
            setattr(module, name, value)


def poll(sqs: Any, orders: Orders, busy: ctypes.c_byte, chance: random.Random) -> None:
    url = orders.environment["CAMPAIGN_QUEUE_URL"]
    while True:
        # Visible to the others at once: the same message is then carried twice, at the same time.
        hidden = 0 if chance.random() < orders.twice else VISIBLE_AGAIN_SECONDS
        received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=hidden, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            busy.value = 1
            if ran(message, seconds=chance.choice((26, 28, 40))):
                # It may be another's by now, or gone.
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


class ShakyTable:
    """Turns calls away, carries others out and loses the answer, or takes only some statements of a batch.

    Notes the users of writes that may not have been made, and were not told of: a line for each.
    """

    def __init__(self, orders: Orders, chance: random.Random) -> None:
        self._share = orders.shaky
        self._seconds = orders.shaky_seconds
        self._calm_at: float | None = None
        self._chance = chance
        self._wire = URLLib3Session()
        self._failures = os.open(orders.failures, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def stand_before(self, client: Any) -> None:
        client.meta.events.register("before-send.dynamodb", self._meet)
        client.batch_execute_statement = partial(self._in_part, client.batch_execute_statement)

    def _strikes(self) -> bool:
        self._calm_at = self._calm_at or time.monotonic() + self._seconds
        return time.monotonic() < self._calm_at and self._chance.random() < self._share

    def _meet(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if not self._strikes():
            return None
        assert isinstance(request.body, bytes)
        self._note(json.loads(request.body).get("Statements", []))
        if self._chance.random() < 0.5:
            return answer(request, 400, TURNED_AWAY)
        self._wire.send(request)
        return answer(request, 500, ANSWER_LOST)

    def _in_part(self, call: Callable[..., Any], *, Statements: list[Any]) -> dict[str, Any]:  # noqa: N803
        struck = [self._strikes() for _ in Statements]
        self._note(statement for statement, hit in zip(Statements, struck, strict=True) if hit)
        taken = [statement for statement, hit in zip(Statements, struck, strict=True) if not hit]
        answers: Iterator[Any] = iter(call(Statements=taken)["Responses"] if taken else ())
        return {"Responses": [THROTTLED if hit else next(answers) for hit in struck]}

    def _note(self, statements: Iterable[Any]) -> None:
        values = [value for each in statements for value in each["Parameters"] if "S" in value]
        os.write(self._failures, "".join(f"{value['S']}\n" for value in values).encode())


class Raw(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answer(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), Raw(body))
