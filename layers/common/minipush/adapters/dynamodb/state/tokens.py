"""Access tokens shared by workers. A stored token is a secret: this module logs no item."""

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.keys import lock_key, token_key
from minipush.wechat.redaction import redact_logs
from minipush.wechat.tokens import Token

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTokenStore:
    """A table with the partition key `id` (string) and a TTL on `ttl`. Locks expire by the workers' clocks."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table_name
        self._clock = clock
        redact_logs("botocore.endpoint", "botocore.parsers")  # they log whole items at DEBUG

    def load(self, name: str, /) -> Token | None:
        found = self._client.get_item(
            TableName=self._table, Key={"id": {"S": token_key(name)}}, ConsistentRead=True
        )
        item = found.get("Item")
        return Token(item["access_token"]["S"], float(item["expires_at"]["N"])) if item else None

    def save(self, name: str, token: Token, /) -> None:
        self._client.put_item(
            TableName=self._table,
            Item={
                "id": {"S": token_key(name)},
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
                    "id": {"S": lock_key(name)},
                    "holder": {"S": key},
                    "held_until": {"N": f"{now + seconds:.3f}"},
                    "ttl": {"N": f"{now + seconds + 60:.0f}"},
                },
                # A write whose answer was lost is repeated, and finds itself.
                ConditionExpression="attribute_not_exists(id) OR held_until <= :now OR holder = :key",
                ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":key": {"S": key}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return key

    def release(self, name: str, key: str, /) -> None:
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"id": {"S": lock_key(name)}},
                ConditionExpression="holder = :key",
                ExpressionAttributeValues={":key": {"S": key}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
