"""A table's items in the event loop: what is read and written by the second, or by the page, while messages go out."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import orjson

from minipush.adapters.aws.errors import is_transient, is_unmet
from minipush.adapters.aws.retrying import TRIES, pause_before
from minipush.adapters.dynamodb.event_loop_calls import CallRefusedError, EventLoopCalls
from minipush.errors import StoreError

type Item = dict[str, dict[str, Any]]

UNMET: Final = "ConditionalCheckFailedException"
CONFLICT: Final = "TransactionConflictException"
CANCELLED: Final = "TransactionCanceledException"


class EventLoopTable:
    """Every method raises StoreError."""

    def __init__(
        self, calls: EventLoopCalls, name: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._calls = calls
        self._name = name
        self._sleep = sleep

    async def get(self, where: Item, **how: object) -> Item:
        """A consistent read. Empty if there is no such item."""
        answer = await self._call("GetItem", Key=where, ConsistentRead=True, **how)
        item: Item = answer.get("Item", {})
        return item

    async def update(self, where: Item, request: Mapping[str, Any]) -> Item | None:
        """The attributes that the request asks for as ReturnValues; None if the condition didn't hold."""
        for attempt in range(TRIES):
            await self._pause(attempt)
            try:
                answer = await self._call("UpdateItem", Key=where, **request)
            except CallRefusedError as refused:
                if refused.name == UNMET:
                    return None
                if refused.name != CONFLICT:
                    raise
            else:
                attributes: Item = answer.get("Attributes", {})
                return attributes
        raise StoreError(CONFLICT)

    async def update_with(
        self, where: Item, request: Mapping[str, Any], items: Sequence[Item], others: Sequence[Any]
    ) -> bool:
        """Update an item, put these, and do the other writes of a transaction: all or none.

        False if a condition didn't hold. The same call again within ten minutes changes nothing.
        """
        own = {"Update": {"TableName": self._name, "Key": where, **request}}
        writes = [own, *({"Put": {"TableName": self._name, "Item": item}} for item in items), *others]
        token = sha256(json.dumps(writes, sort_keys=True).encode()).hexdigest()[:36]
        body = orjson.dumps({"TransactItems": writes, "ClientRequestToken": token})
        for attempt in range(TRIES):
            await self._pause(attempt)
            try:
                await self._calls("TransactWriteItems", body)
            except CallRefusedError as refused:
                if is_unmet(refused.reasons):
                    return False
                if refused.name != CANCELLED or not is_transient(refused.reasons):
                    raise
            else:
                return True
        raise StoreError(CANCELLED)

    async def _pause(self, attempt: int) -> None:
        if attempt:
            await self._sleep(pause_before(attempt))

    async def _call(self, operation: str, **request: object) -> dict[str, Any]:
        return await self._calls(operation, orjson.dumps({"TableName": self._name, **request}))
