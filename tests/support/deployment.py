"""Calls the functions as Lambda does, with recorded events and real collaborators."""

import json
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_secretsmanager import SecretsManagerClient
from support.environment import ENVIRONMENT
from support.http_app import Answer, hashed
from support.tables import create_audit_table, create_campaigns_table, create_centre_table, create_tables

from functions.callback import app as callback
from functions.centre import app as centre
from functions.centre import keys
from functions.collect import app as collect
from functions.official import callback as official_callback
from functions.official import worker as official_worker
from functions.push import app as push
from functions.push import schedule, worker
from functions.sweep import app as sweep
from local.simulator.client import Control
from minipush.adapters.clock import milliseconds
from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.http.routes import message_centre as centre_routes
from minipush.http.routes.centre import push_by_key

EVENTS = Path(__file__).parents[2] / "events" / "httpapi"
COLLECT = {"log-in", "collect-permits", "read-me", "update-me", "put-me", "read-next-prompt", "read-health", "read-openapi", "unmatched"}  # fmt: skip
PUSHES = {"check-callback", "receive-wechat-event"}
OFFICIAL_PUSHES = {"check-official-callback", "receive-official-event"}
CALLBACK = {"callback_token": "AAAAA", "encoding_aes_key": "A" * 43}
KEYS = {name: f"mp_{name}" for name in ("send", "read", "admin", "moderate")}
QUEUES = (
    "CAMPAIGN_QUEUE_URL", "BARK_REMINDERS_URL", "EMAIL_REMINDERS_URL", "SMS_REMINDERS_URL", "WECHAT_REMINDERS_URL",
)  # fmt: skip
# Named, and not with their URLs, in the environment.
DEAD_LETTERS = (
    "BARK_REMINDER_DEAD_LETTERS", "EMAIL_REMINDER_DEAD_LETTERS", "SMS_REMINDER_DEAD_LETTERS", "WECHAT_REMINDER_DEAD_LETTERS",
)  # fmt: skip


@dataclass
class LambdaContext:
    function_name: str = "a-function"
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    seconds: float = 29

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class WeChat(Protocol):
    """A simulator, in a thread or in a process of its own."""

    @property
    def url(self) -> str: ...
    @property
    def appid(self) -> str: ...
    @property
    def secret(self) -> str: ...
    @property
    def ca(self) -> str: ...
    @property
    def control(self) -> Control: ...


@dataclass
class Deployment:
    """One deployment's tables, secrets and environment, and its WeChat."""

    simulator: WeChat
    secrets: SecretsManagerClient
    sqs: Any
    environment: dict[str, str]
    users: str
    state: str

    def call(self, name: str, body: Any = None, *, token: str | None = None, openid: str | None = None,
             campaign_id: str | None = None, headers: dict[str, str] | None = None, query: dict[str, str] | None = None,
             address: str | None = None, cookies: list[str] | None = None,
             path: dict[str, str] | None = None) -> Answer:  # fmt: skip
        """Pass the recorded event to its function. Arguments replace what was recorded."""
        event = recorded(name)
        event["headers"] |= headers or {}
        if token:
            event["headers"]["authorization"] = f"Bearer {token}"
        if openid:
            event["pathParameters"] = event.get("pathParameters", {}) | {"openid": openid}
        if campaign_id:
            event["pathParameters"] = event.get("pathParameters", {}) | {"campaign_id": campaign_id}
        if path:
            event["pathParameters"] = event.get("pathParameters", {}) | path
        if query is not None:
            event["queryStringParameters"] = query
        if address:
            event["requestContext"]["http"]["sourceIp"] = address
        if cookies is not None:
            event["cookies"] = cookies
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return Answer(_handler(name, event["routeKey"])(event, LambdaContext()))

    def log_in(self) -> tuple[str, str]:
        """A user's openid and session."""
        user = self.simulator.control.add_user()
        return user.openid, self.call("log-in", {"code": user.js_code}).json["token"]

    def sweep(self) -> dict[str, Any]:
        return sweep.handler({}, LambdaContext(seconds=840))

    def a_day_later(self) -> None:
        """Have campaigns reconciled by tomorrow's clock."""
        c = container()
        tomorrow = lambda: milliseconds() + 24 * 60 * 60 * 1000  # noqa: E731
        c.override(
            reconcile_campaigns=ReconcileCampaigns(
                c.campaigns, c.segment_queue, c.campaign_lifecycle, tomorrow, c.sending_switch
            )
        )

    def fire(self, event: dict[str, Any]) -> dict[str, Any]:
        return schedule.handler(event, LambdaContext(seconds=60))

    def carry_all(self) -> int:
        """Run the worker on every message in the queue. Returns the number of messages."""
        url = self.environment["CAMPAIGN_QUEUE_URL"]
        ran = 0
        while messages := self.sqs.receive_message(QueueUrl=url).get("Messages"):
            for message in messages:
                self._carry(message)
                ran += 1
        return ran

    def do_official_work(self) -> int:
        """Run the official account's worker on every message in its queue. Returns the number of messages."""
        url, done = self.environment["OFFICIAL_QUEUE_URL"], 0
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            records = [_record(message) for message in messages]
            answer = official_worker.handler({"Records": records}, LambdaContext(seconds=300))
            assert answer == {"batchItemFailures": []}
            done += len(messages)
        return done

    def _carry(self, message: dict[str, Any]) -> None:
        answer = worker.handler({"Records": [_record(message)]}, LambdaContext(seconds=300))
        assert answer == {"batchItemFailures": []}

    def set_callback_secret(self, **values: str) -> None:
        arn = self.environment["CALLBACK_SECRET_ARN"]
        secret = json.loads(self.secrets.get_secret_value(SecretId=arn)["SecretString"])
        self.secrets.put_secret_value(SecretId=arn, SecretString=json.dumps(secret | values))

    def set_operator_keys(self, *entries: dict[str, Any]) -> None:
        arn = self.environment["ACCESS_SECRET_ARN"]
        secret = json.loads(self.secrets.get_secret_value(SecretId=arn)["SecretString"])
        self.secrets.put_secret_value(
            SecretId=arn, SecretString=json.dumps(secret | {"operator_keys": entries})
        )


def _record(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
    }


def _handler(name: str, route: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    if route in centre_routes.ROUTES:
        return centre.handler
    if route in push_by_key.ROUTES:
        return keys.handler
    if name in OFFICIAL_PUSHES:
        return official_callback.handler
    if name in PUSHES:
        return callback.handler
    return collect.handler if name in COLLECT else push.handler


def recorded(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def operator(scope: str, *scopes: str) -> dict[str, Any]:
    return {"name": scope, "scopes": [scope, *scopes], "hash": hashed(f"mp_{scope}")}


@contextmanager
def deployed(
    aws_endpoint: str, dynamodb: DynamoDBClient, simulator: WeChat, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """A deployment whose environment this process has."""
    made = deploy(aws_endpoint, dynamodb, simulator)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    container.cache_clear()
    message_centre.cache_clear()
    try:
        yield made
    finally:
        dismantle()
        simulator.control.reset()


def deploy(aws_endpoint: str, dynamodb: DynamoDBClient, simulator: WeChat) -> Deployment:
    users, state = create_tables(dynamodb)
    aws = boto3.Session("test", "test", region_name="us-east-1")
    secrets = aws.client("secretsmanager", endpoint_url=aws_endpoint)
    sqs = aws.client("sqs", endpoint_url=aws_endpoint)
    bucket = f"reports-{uuid.uuid4().hex}"
    aws.client("s3", endpoint_url=aws_endpoint).create_bucket(Bucket=bucket)
    access = {"session_key": "s" * 64, "operator_keys": [operator(scope) for scope in KEYS]}
    environment = ENVIRONMENT | {
        "AWS_ENDPOINT_URL": aws_endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "USERS_TABLE": users,
        "STATE_TABLE": state,
        "CAMPAIGNS_TABLE": create_campaigns_table(dynamodb),
        "AUDIT_TABLE": create_audit_table(dynamodb),
        "CENTRE_TABLE": create_centre_table(dynamodb),
        "CENTRE_SECRET_ARN": keep(secrets, {"encryption_key": "e" * 64}),
        "CHANNEL_SECRET_ARN": keep(secrets, {"smtp_url": "", "sms_key_id": "", "sms_key_secret": ""}),
        **{name: sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex}")["QueueUrl"] for name in QUEUES},
        **{
            name: sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex}")["QueueUrl"].rpartition("/")[2]
            for name in DEAD_LETTERS
        },
        "REPORTS_BUCKET": bucket,
        "WECHAT_SECRET_ARN": keep(secrets, {"app_secret": simulator.secret}),
        "CALLBACK_SECRET_ARN": keep(secrets, CALLBACK),
        "ACCESS_SECRET_ARN": keep(secrets, access),
        "WECHAT_APPID": simulator.appid,
        "WECHAT_API_BASE": simulator.url,
        "WECHAT_CA": simulator.ca,
    }
    return Deployment(simulator, secrets, sqs, environment, users, state)


def keep(secrets: SecretsManagerClient, value: dict[str, Any]) -> str:
    return secrets.create_secret(Name=uuid.uuid4().hex, SecretString=json.dumps(value))["ARN"]


def dismantle() -> None:
    """End a function's process: the next call has a container of its own."""
    container().close()
    container.cache_clear()
    message_centre.cache_clear()
    logger: Any = logging.getLogger("minipush")
    logger.handlers.clear()
    del logger.init, logger.powertools_handler
