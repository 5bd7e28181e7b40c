"""Builders of what a process has one of: clock, log, metrics, event loop, AWS clients, secrets."""

import logging
import os
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from minipush.adapters.clock import milliseconds
from minipush.adapters.log_lines import LogLines

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

    from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
    from minipush.adapters.redis.shared_redis import SharedRedis
    from minipush.adapters.secrets import Secrets
    from minipush.application.metric_names import Count, Metric
    from minipush.application.ports.clock import Clock
    from minipush.container import Container

SECRET_AGE_SECONDS = 60
READER_THREADS = 16
_MAKING = Lock()
AWS_CALLS = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    parameter_validation=False,
)
# The audit writes when the work is done: the answer doesn't wait for a table that hangs.
AUDIT_CALLS = AWS_CALLS.merge(
    Config(connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 1})
)


def clock(_: "Container") -> "Clock":
    return milliseconds


def logger(_: "Container") -> Logger:
    """The parent, by name, of the loggers of minipush's modules. Powertools takes the name as `service`."""
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    made = Logger(service="minipush", logger_formatter=LogLines(), function=function)
    # Tells what a task raised that nobody waits for.
    stray = logging.getLogger("asyncio")
    stray.handlers, stray.propagate = [made.registered_handler], False
    return made


def name_request(c: "Container") -> "Callable[[str], None]":
    return lambda request_id: c.logger.append_keys(request_id=request_id)


def name_segment(c: "Container", campaign_id: str, number: int) -> None:
    """What the present task logs names the segment: a worker runs several side by side."""
    c.logger.thread_safe_append_keys(campaign_id=campaign_id, segment=number)


def metrics(_: "Container") -> Metrics:
    return Metrics()


def count(c: "Container") -> "Count":
    def flush(counts: "Mapping[Metric, int]") -> None:
        for name, value in counts.items():
            c.metrics.add_metric(name, MetricUnit.Count, value)
        c.metrics.flush_metrics()

    return flush


def loop(c: "Container") -> "asyncio.Runner":
    """One loop for the life of the process: connections to WeChat outlive an invocation."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    runner = asyncio.Runner()
    c.closing.callback(runner.close)
    runner.get_loop().set_default_executor(ThreadPoolExecutor(READER_THREADS, thread_name_prefix="read"))
    return runner


def aws_session(_: "Container") -> boto3.Session:
    """One session for all clients: each session reads the list of all endpoints, a megabyte of JSON, for its first."""
    from minipush.adapters.dynamodb.plain_json import plain_json_session

    return plain_json_session()


def made_once[T](make: "Callable[[], T]") -> "Callable[[], T]":
    """What `make` makes, on the first call. Calls may come from several threads; a session is for one at a time."""
    made = cache(make)

    def get() -> T:
        with _MAKING:
            return made()

    return get


def dynamodb(c: "Container") -> "DynamoDBClient":
    return c.aws_session.client("dynamodb", config=AWS_CALLS)


def sqs(c: "Container") -> "Callable[[], SQSClient]":
    return made_once(lambda: c.aws_session.client("sqs", config=AWS_CALLS))


def event_loop_calls(c: "Container") -> "EventLoopCalls":
    from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls

    return EventLoopCalls(c.dynamodb)


def audit_dynamodb(c: "Container") -> "DynamoDBClient":
    return c.aws_session.client("dynamodb", config=AUDIT_CALLS)


def redis(c: "Container") -> "SharedRedis | None":
    if not c.settings.redis_url:
        return None
    from minipush.adapters.redis.shared_redis import SharedRedis

    secrets = c.secrets
    made = SharedRedis(c.settings.redis_url, lambda: secrets.read(c.settings.redis_secret_arn))
    c.closing.callback(made.close)
    return made


def secrets(c: "Container") -> "Secrets":
    from minipush.adapters.secrets import Secrets

    # A thread may ask for the token's secret while another one makes a client from the same session.
    with _MAKING:
        client = c.aws_session.client("secretsmanager", config=AWS_CALLS)
    return Secrets(client, SECRET_AGE_SECONDS)
