"""Reads of many items by their keys."""

from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from minipush.adapters.aws.retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# DynamoDB's limit for a call.
BATCH = 100
CONSISTENT: Final = {"ConsistentRead": True}


def read_many(
    client: "DynamoDBClient",
    table: str,
    keys: Sequence[Mapping[str, Any]],
    sleep: Callable[[float], None],
    how: Mapping[str, Any] = CONSISTENT,
) -> list[dict[str, Any]]:
    """The items that exist, in no order. Reads again what DynamoDB left over.

    `how`: a consistent read of all attributes, unless said otherwise, as BatchGetItem takes it. Raises botocore's
    errors, and StoreError after some tries.
    """
    items: list[dict[str, Any]] = []
    for batch in batched(keys, BATCH, strict=False):
        asked: Any = {table: {"Keys": batch, **how}}
        for _ in attempts(sleep):
            answer: Any = client.batch_get_item(RequestItems=asked)
            items += answer["Responses"].get(table, [])
            asked = answer.get("UnprocessedKeys")
            if not asked:
                break
    return items
