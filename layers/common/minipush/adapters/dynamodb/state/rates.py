"""Rate reservations in DynamoDB."""

import asyncio
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import rate_key
from minipush.domain.accounts import Account
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TRIES: Final = 5
# A reservation that has passed means nothing. It is kept a while longer because clocks differ.
KEPT_SECONDS: Final = 3600


class DynamoRateReservations:
    """A table with the partition key `id` (string) and a TTL on `ttl`.

    A reservation is one write, or two after a pause.
    """

    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._client = client
        self._table = state_table
        self._account = account

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        return await asyncio.to_thread(self._reserve, name, slots / per_second, now)

    @raises_store_error
    def _reserve(self, name: str, taken: float, now: float) -> float:
        for _ in range(TRIES):
            start = self._queue_up(name, taken, now)
            if start is not None:
                return start
            if self._begin(name, taken, now):
                return now
        raise StoreError(f"{name} was changed by others {TRIES} times")

    def _queue_up(self, name: str, taken: float, now: float) -> float | None:
        """Reserve behind the reserved slots. None where the last of them has passed."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": rate_key(self._account, name)}},
                UpdateExpression="ADD due_at :taken SET #ttl = :ttl",
                ConditionExpression="due_at >= :now",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":taken": {"N": _micros(taken)},
                    ":now": {"N": _micros(now)},
                    ":ttl": {"N": f"{now + taken + KEPT_SECONDS:.0f}"},
                },
                ReturnValues="UPDATED_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return float(Decimal(answer["Attributes"]["due_at"]["N"]) - Decimal(_micros(taken)))

    def _begin(self, name: str, taken: float, now: float) -> bool:
        """Reserve from now on. False where another worker was faster."""
        update = partial(
            self._client.update_item,
            TableName=self._table,
            Key={"id": {"S": rate_key(self._account, name)}},
            UpdateExpression="SET due_at = :due_at, #ttl = :ttl",
            ConditionExpression="attribute_not_exists(due_at) OR due_at < :now",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={
                ":due_at": {"N": _micros(now + taken)},
                ":now": {"N": _micros(now)},
                ":ttl": {"N": f"{now + taken + KEPT_SECONDS:.0f}"},
            },
        )
        return is_written(self._client, update)


def _micros(seconds: float) -> str:
    return f"{seconds:.6f}"
