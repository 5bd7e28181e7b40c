"""Where workers share access_tokens. At rest these are secrets: nothing here logs an item."""

import json
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from minipush.wechat.redaction import redact_logs
from minipush.wechat.tokens import Token

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from redis import Redis

_RELEASE_IF_MINE: Final = """
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0
"""


class DynamoTokenStore:
    """A table with the partition key `id` (string) and a TTL on `ttl`. Locks go by the workers' clocks."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        redact_logs("botocore.endpoint", "botocore.parsers")  # they log whole items at DEBUG

    def load(self, name: str, /) -> Token | None:
        found = self._client.get_item(
            TableName=self._table, Key={"id": {"S": f"token#{name}"}}, ConsistentRead=True
        )
        item = found.get("Item")
        return Token(item["access_token"]["S"], float(item["expires_at"]["N"])) if item else None

    def save(self, name: str, token: Token, /) -> None:
        self._client.put_item(
            TableName=self._table,
            Item={
                "id": {"S": f"token#{name}"},
                "access_token": {"S": token.value},
                "expires_at": {"N": f"{token.expires_at:.3f}"},
                "ttl": {"N": f"{token.expires_at:.0f}"},
            },
        )

    def acquire(self, name: str, seconds: float, /) -> str | None:
        key, now = uuid.uuid4().hex, self._clock()
        try:
            self._client.put_item(
                TableName=self._table,
                Item={
                    "id": {"S": f"lock#{name}"},
                    "holder": {"S": key},
                    "held_until": {"N": f"{now + seconds:.3f}"},
                    "ttl": {"N": f"{now + seconds + 60:.0f}"},
                },
                ConditionExpression="attribute_not_exists(id) OR held_until <= :now",
                ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return key

    def release(self, name: str, key: str, /) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"id": {"S": f"lock#{name}"}},
                ConditionExpression="holder = :key",
                ExpressionAttributeValues={":key": {"S": key}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


class RedisTokenStore:
    """Commands of Redis 6.2 or older, one key each, so that a cluster will do."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._release = client.register_script(_RELEASE_IF_MINE)

    def load(self, name: str, /) -> Token | None:
        stored = self._client.get(f"minipush:token#{name}")
        return Token(**json.loads(stored)) if stored else None

    def save(self, name: str, token: Token, /) -> None:
        text = json.dumps({"value": token.value, "expires_at": token.expires_at})
        self._client.set(f"minipush:token#{name}", text, exat=int(token.expires_at) + 1)

    def acquire(self, name: str, seconds: float, /) -> str | None:
        key = uuid.uuid4().hex
        taken = self._client.set(f"minipush:lock#{name}", key, nx=True, px=int(seconds * 1000))
        return key if taken else None

    def release(self, name: str, key: str, /) -> None:
        self._release(keys=[f"minipush:lock#{name}"], args=[key])
