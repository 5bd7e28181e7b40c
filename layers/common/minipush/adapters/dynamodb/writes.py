"""Writes that are repeated where DynamoDB throttled them, did a part, or met a transaction.

Every function raises botocore's errors, and StoreError after some tries.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, Final

from minipush.adapters.aws.errors import is_transient, is_unmet, is_written
from minipush.adapters.aws.retrying import attempts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Sleep = Callable[[float], None]

# DynamoDB's limit for a call.
BATCH: Final = 25


def insert_item(client: "DynamoDBClient", table: str, item: Mapping[str, Any]) -> bool:
    """False if the key is taken. The table has a sort key, `sk`."""
    how: Any = {"Item": item, "ConditionExpression": "attribute_not_exists(sk)"}
    return is_written(client, partial(client.put_item, TableName=table, **how))


def update_item(
    client: "DynamoDBClient", table: str, where: Any, request: Mapping[str, Any], sleep: Sleep
) -> dict[str, Any] | None:
    """The item after the update; None if the condition didn't hold. `request`: see `updates.update`."""
    for _ in attempts(sleep):
        try:
            answer: Any = client.update_item(TableName=table, Key=where, ReturnValues="ALL_NEW", **request)
        except client.exceptions.ConditionalCheckFailedException:
            return None
        except client.exceptions.TransactionConflictException:
            continue
        return dict(answer["Attributes"])
    return None


def write_many(
    client: "DynamoDBClient", table: str, writes: Iterable[Mapping[str, Any]], sleep: Sleep
) -> None:
    """`writes`: as BatchWriteItem takes them, of any number. They need not be done together."""
    for batch in batched(writes, BATCH, strict=False):
        asked: Any = {table: batch}
        for _ in attempts(sleep):
            asked = client.batch_write_item(RequestItems=asked).get("UnprocessedItems")
            if not asked:
                break


def transact(client: "DynamoDBClient", writes: Any, sleep: Sleep) -> Sequence[Mapping[str, Any]]:
    """Empty if all is written; otherwise what became of each write: the condition of one didn't hold."""
    for _ in attempts(sleep):
        try:
            client.transact_write_items(TransactItems=writes)
        except client.exceptions.TransactionCanceledException as error:
            reasons: Any = error.response["CancellationReasons"]
            if is_unmet(reasons):
                return list(reasons)
            if not is_transient(reasons):
                raise
        else:
            break
    return []
