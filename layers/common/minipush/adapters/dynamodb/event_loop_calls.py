"""Calls to DynamoDB in the event loop and without botocore's machinery: those that are made while messages go out.

botocore's serializer, hooks and threads cost more than the call itself. It still gives the endpoint, the credentials,
the signature and the rules for retries. All other calls are botocore's.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from minipush.adapters.aws.event_loop_tries import EventLoopTries
from minipush.adapters.aws.signed_headers import SignedHeaders, host_of
from minipush.curl import CurlAnswer
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# 25 statements may return an item each, and an item has 400 KB at most.
MOST_BYTES: Final = 16 << 20
CONNECTIONS: Final = 32
_CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class CallRefusedError(StoreError):
    """`name`: of DynamoDB's error. `reasons`: what became of each write of a transaction that was cancelled."""

    def __init__(self, name: str, reasons: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(name)
        self.name = name
        self.reasons = reasons


class EventLoopCalls:
    """Calls with the client's own endpoint, credentials and time-outs. Repeats a call as the client does.

    After a lost answer, a call is repeated too: a write must tolerate that.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._url = f"{client.meta.endpoint_url.rstrip('/')}/"
        self._host, self._path = host_of(self._url), urlsplit(self._url).path
        self._headers = SignedHeaders(client, client.meta.service_model.signing_name)
        self._tries = EventLoopTries(client, CONNECTIONS, MOST_BYTES)

    async def __call__(self, operation: str, body: bytes) -> dict[str, Any]:
        """`body` and the answer are in DynamoDB's JSON. Raise CallRefusedError."""
        found = await self._tries.until_done(partial(self.exchange, operation, body), _parsed, _error_name)
        if isinstance(found, CurlAnswer):
            raise CallRefusedError(_error_name(found), _reasons(found))
        return found

    async def exchange(self, operation: str, body: bytes) -> CurlAnswer:
        """One try of a call."""
        target = f"DynamoDB_20120810.{operation}"
        own = {"content-type": _CONTENT_TYPE, "host": self._host, "x-amz-target": target}
        headers = self._headers.of("POST", self._path, own, body)
        return await self._tries.call("POST", self._url, headers, body)


def _parsed(answer: CurlAnswer) -> dict[str, Any] | None:
    with suppress(ValueError):  # an answer that was cut is a lost one
        parsed: dict[str, Any] = orjson.loads(answer.body)
        return parsed
    return None


def _reasons(answer: CurlAnswer) -> Sequence[Mapping[str, Any]]:
    with suppress(ValueError, AttributeError):
        reasons: Sequence[Mapping[str, Any]] = orjson.loads(answer.body).get("CancellationReasons", ())
        return reasons
    return ()


def _error_name(answer: CurlAnswer) -> str:
    """DynamoDB's name of the error, without its message: that may quote an item."""
    if answer.code:
        return answer.error
    try:
        error = orjson.loads(answer.body)
        return str(error["__type"]).rpartition("#")[2]
    except (ValueError, TypeError, KeyError):
        return f"HTTP {answer.status}"
