"""Idempotency records in the State table."""

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import idempotency_key
from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.application.ports.idempotency import IdempotencyRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoIdempotencyStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    @raises_store_error
    def open(self, key: str, proposed: IdempotencyRecord, now: int, kept_until: int) -> IdempotencyRecord:
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(key, proposed, kept_until),
                ConditionExpression="attribute_not_exists(id) OR kept_until <= :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            refused: Any = error.response
            return _read(refused["Item"])
        return proposed

    @raises_store_error
    def lease(self, key: str, kept: IdempotencyRecord, until: int) -> bool:
        unchanged = "work_id = :work AND lease_until = :before AND attribute_not_exists(answer)"
        values = {
            ":until": {"N": str(until)},
            ":work": {"S": kept.work},
            ":before": {"N": str(kept.lease_until)},
        }
        return self._update(key, "SET lease_until = :until", unchanged, values)

    @raises_store_error
    def close(self, key: str, kept: IdempotencyRecord, answer: dict[str, Any]) -> None:
        values = {":answer": {"S": json.dumps(answer, ensure_ascii=False)}, ":work": {"S": kept.work}}
        self._update(key, "SET answer = :answer", "work_id = :work", values)

    @raises_store_error
    def forget(self, key: str, kept: IdempotencyRecord) -> None:
        delete = partial(
            self._client.delete_item,
            TableName=self._table,
            Key=_key(key),
            ConditionExpression="work_id = :work AND lease_until = :before AND attribute_not_exists(answer)",
            ExpressionAttributeValues={
                ":work": {"S": kept.work},
                ":before": {"N": str(kept.lease_until)},
            },
        )
        is_written(self._client, delete)

    def _update(self, key: str, change: str, condition: str, values: dict[str, Any]) -> bool:
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key=_key(key),
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
        return is_written(self._client, update)


def _key(key: str) -> dict[str, Any]:
    return {"id": {"S": idempotency_key(key)}}


def _item(key: str, kept: IdempotencyRecord, kept_until: int) -> dict[str, Any]:
    return {
        **_key(key),
        "body": {"S": kept.body},
        "work_id": {"S": kept.work},
        "lease_until": {"N": str(kept.lease_until)},
        "kept_until": {"N": str(kept_until)},
        "ttl": {"N": str(ttl_seconds(kept_until))},
    }


def _read(item: dict[str, Any]) -> IdempotencyRecord:
    answer = json.loads(item["answer"]["S"]) if "answer" in item else None
    return IdempotencyRecord(item["body"]["S"], item["work_id"]["S"], int(item["lease_until"]["N"]), answer)
