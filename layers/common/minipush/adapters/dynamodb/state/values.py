"""JSON values in the State table, one item each: a reader sees a whole value or none of it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class StateValues:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def read(self, id_: str) -> dict[str, Any] | None:
        key = {"id": {"S": id_}}
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return json.loads(answer["Item"]["value"]["S"]) if "Item" in answer else None

    @raises_store_error
    def keep(self, id_: str, value: Mapping[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=value_item(id_, value))


def value_item(id_: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": {"S": id_}, "value": {"S": json.dumps(value, ensure_ascii=False, separators=(",", ":"))}}
