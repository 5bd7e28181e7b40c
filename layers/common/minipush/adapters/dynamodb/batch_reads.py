"""Reads of many items by their keys."""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB's limit for a call.
BATCH = 100


def read_many(
    client: "DynamoDBClient",
    table: str,
    keys: Sequence[Mapping[str, Any]],
    sleep: Callable[[float], None],
    projection: str = "",
) -> list[dict[str, Any]]:
    """The items that exist, in no order. Reads again what DynamoDB left over.

    `projection`: the attributes to read, all if empty. Raises botocore's errors, and StoreError after some tries.
    """
    items: list[dict[str, Any]] = []
    how: dict[str, Any] = {"ConsistentRead": True} | (
        {"ProjectionExpression": projection} if projection else {}
    )
    for batch in batched(keys, BATCH, strict=False):
        asked: Any = {table: {"Keys": batch, **how}}
        for _ in attempts(sleep):
            answer: Any = client.batch_get_item(RequestItems=asked)
            items += answer["Responses"].get(table, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                break
    return items
