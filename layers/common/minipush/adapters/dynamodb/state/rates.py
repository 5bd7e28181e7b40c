"""Rate reservations in DynamoDB."""

from decimal import Decimal
from typing import Final

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.event_loop_table import EventLoopTable
from minipush.adapters.dynamodb.state.keys import rate_key
from minipush.domain.accounts import Account
from minipush.errors import StoreError

TRIES: Final = 5
# A reservation that has passed means nothing. It is kept a while longer because clocks differ.
KEPT_SECONDS: Final = 3600


class DynamoRateReservations:
    """A table with the partition key `id` (string) and a TTL on `ttl`.

    A reservation is one write, or two after a pause.
    """

    def __init__(self, calls: EventLoopCalls, state_table: str, account: Account) -> None:
        self._table = EventLoopTable(calls, state_table)
        self._account = account

    async def reserve(self, name: str, per_second: float, slots: int, now: float) -> float:
        where, taken = {"id": {"S": rate_key(self._account, name)}}, slots / per_second
        for _ in range(TRIES):
            due_at = await self._table.update(where, _queueing_up(taken, now))
            if due_at is not None:
                return float(Decimal(due_at["due_at"]["N"]) - Decimal(_micros(taken)))
            if await self._table.update(where, _beginning(taken, now)) is not None:
                return now
        raise StoreError(f"{name} was changed by others {TRIES} times")


def _queueing_up(taken: float, now: float) -> dict[str, object]:
    """Reserve behind the reserved slots, unless the last of them has passed."""
    return {
        "UpdateExpression": "ADD due_at :taken SET #ttl = :ttl",
        "ConditionExpression": "due_at >= :now",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":taken": {"N": _micros(taken)},
            ":now": {"N": _micros(now)},
            ":ttl": {"N": f"{now + taken + KEPT_SECONDS:.0f}"},
        },
        "ReturnValues": "UPDATED_NEW",
    }


def _beginning(taken: float, now: float) -> dict[str, object]:
    """Reserve from now on, unless another worker was faster."""
    return {
        "UpdateExpression": "SET due_at = :due_at, #ttl = :ttl",
        "ConditionExpression": "attribute_not_exists(due_at) OR due_at < :now",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":due_at": {"N": _micros(now + taken)},
            ":now": {"N": _micros(now)},
            ":ttl": {"N": f"{now + taken + KEPT_SECONDS:.0f}"},
        },
    }


def _micros(seconds: float) -> str:
    return f"{seconds:.6f}"
