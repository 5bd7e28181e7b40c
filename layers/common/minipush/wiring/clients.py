"""What lies outside, wired: each adapter on first use, kept for warm invocations."""

import asyncio
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

from minipush.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from redis import Redis

    from minipush.adapters.secrets import Secrets
    from minipush.channels.router import ChannelRouter
    from minipush.wechat.callback import Callback
    from minipush.wechat.sender import Sender
    from minipush.wechat.token_store import TokenStore
    from minipush.wechat.tokens import TokenSource
    from minipush.wechat.transport import RequestsTransport


SECRET_AGE_SECONDS = 60
SENDS_IN_FLIGHT = 200
READERS = 16

AWS_CALLS = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=32,
    parameter_validation=False,
)


def milliseconds() -> int:
    return time.time_ns() // 1_000_000


class Clients:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Takes what the modules log: they are its children by name, which Powertools calls service.
        self.logger = Logger(service="minipush", function=os.environ.get("AWS_LAMBDA_FUNCTION_NAME"))

    # ---- WeChat

    @cached_property
    def channel(self) -> "ChannelRouter":
        from minipush.channels.router import ChannelRouter

        return ChannelRouter.open(self)

    @cached_property
    def wechat_sender(self) -> "Sender":
        from minipush.wechat.aiohttp_transport import AiohttpTransport
        from minipush.wechat.sender import Sender

        transport = AiohttpTransport(self._settings.wechat_api_base, connections=SENDS_IN_FLIGHT)
        self._loop.run(transport.__aenter__())
        return Sender(transport, self.tokens)

    @cached_property
    def tokens(self) -> "TokenSource":
        from minipush.wechat.tokens import TokenSource

        return TokenSource(
            self.transport,
            self._settings.wechat_appid,
            self._app_secret,
            self._token_store,
            mode=self._settings.wechat_token_mode,
        )

    @cached_property
    def _token_store(self) -> "TokenStore":
        from minipush.adapters.dynamodb.state.tokens import DynamoTokenStore
        from minipush.adapters.redis.tokens import RedisTokenStore

        if self._redis:
            return RedisTokenStore(self._redis)
        return DynamoTokenStore(self.dynamodb, self._settings.state_table)

    @cached_property
    def transport(self) -> "RequestsTransport":
        from minipush.wechat.transport import RequestsTransport

        return RequestsTransport(self._settings.wechat_api_base)

    def read_callback(self) -> "Callback":
        """Anew for each push: the secret may have changed. Raises StoreError."""
        from minipush.wechat.callback import Callback

        secret = self._secrets.read(self._settings.wechat_secret_arn)
        token, key = (str(secret.get(name) or "") for name in ("callback_token", "encoding_aes_key"))
        return Callback(self._settings.wechat_appid, token, key, milliseconds)

    # ---- clients, secrets, loop, telemetry

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        from minipush.adapters.dynamodb.plain_json import plain_json_session

        return plain_json_session().client("dynamodb", config=AWS_CALLS)

    @cached_property
    def _redis(self) -> "Redis | None":
        if not self._settings.redis_url:
            return None
        import redis

        retry_policy = {"socket_connect_timeout": 2, "socket_timeout": 2}
        return redis.Redis.from_url(self._settings.redis_url, **retry_policy)

    def _app_secret(self) -> str:
        return str(self._secrets.read(self._settings.wechat_secret_arn)["app_secret"])

    @cached_property
    def _secrets(self) -> "Secrets":
        from minipush.adapters.secrets import Secrets

        return Secrets(boto3.client("secretsmanager", config=AWS_CALLS), SECRET_AGE_SECONDS)

    @cached_property
    def _loop(self) -> asyncio.Runner:
        """One loop for the life of the process: connections to WeChat outlive an invocation."""
        runner = asyncio.Runner()
        runner.get_loop().set_default_executor(ThreadPoolExecutor(READERS, thread_name_prefix="read"))
        return runner

    def name_request(self, request_id: str) -> None:
        self.logger.append_keys(request_id=request_id)

    def count(self, counts: Mapping[str, int]) -> None:
        for name, count in counts.items():
            self.metrics.add_metric(name, MetricUnit.Count, count)
        self.metrics.flush_metrics()

    @cached_property
    def metrics(self) -> Metrics:
        return Metrics()
