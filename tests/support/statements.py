"""Watches the statements that go to DynamoDB over the event loop, beside botocore's events."""

from collections.abc import Callable

import pytest

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.curl import CurlAnswer


def watch(patch: pytest.MonkeyPatch, see: Callable[[str, str], None]) -> None:
    """`see` gets the operation and the body of each try, and the try is made."""
    exchange = EventLoopCalls.exchange

    async def seen(self: EventLoopCalls, operation: str, body: bytes) -> CurlAnswer:
        see(operation, body.decode())
        return await exchange(self, operation, body)

    patch.setattr(EventLoopCalls, "exchange", seen)
