"""Nonces of WeChat's plain pushes, in the State table, each with a hash of the body that it came with."""

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import nonce_key
from minipush.adapters.dynamodb.ttl import ttl_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoUsedNonces:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def take(self, nonce: str, body: bytes, kept_until: int) -> bool:
        digest = {"S": hashlib.sha256(body).hexdigest()}
        ttl = {"N": str(ttl_seconds(kept_until))}
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item={"id": {"S": nonce_key(nonce)}, "body": digest, "ttl": ttl},
            ConditionExpression="attribute_not_exists(id) OR body = :body",
            ExpressionAttributeValues={":body": digest},
        )
        return is_written(self._client, put)
