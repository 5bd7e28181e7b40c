"""Keys of processed WeChat events, in the State table."""

from functools import partial
from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import event_key
from minipush.adapters.dynamodb.ttl import ttl_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoProcessedEvents:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def has(self, key: str) -> bool:
        answer = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return "Item" in answer

    @raises_store_error
    def add(self, key: str, kept_until: int) -> bool:
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item={**_key(key), "ttl": {"N": str(ttl_seconds(kept_until))}},
            ConditionExpression="attribute_not_exists(id)",
        )
        return is_written(self._client, put)


def _key(key: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": event_key(key)}}
