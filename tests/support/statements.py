"""Watches the calls that go to AWS over the event loop, beside botocore's events."""

from collections.abc import Callable

import pytest

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.s3_report_pages import S3ReportPages
from minipush.curl import CurlAnswer


def watch(patch: pytest.MonkeyPatch, see: Callable[[str, str], None]) -> None:
    """`see` gets the operation and the body of each try, and the try is made."""
    exchange = EventLoopCalls.exchange

    async def seen(self: EventLoopCalls, operation: str, body: bytes) -> CurlAnswer:
        see(operation, body.decode())
        return await exchange(self, operation, body)

    patch.setattr(EventLoopCalls, "exchange", seen)


def watch_pages(patch: pytest.MonkeyPatch, see: Callable[[str], None]) -> None:
    """`see` gets the key of each object that S3 is to store."""
    exchange = S3ReportPages.exchange

    async def seen(self: S3ReportPages, where: str, body: bytes) -> CurlAnswer:
        see(where)
        return await exchange(self, where, body)

    patch.setattr(S3ReportPages, "exchange", seen)
