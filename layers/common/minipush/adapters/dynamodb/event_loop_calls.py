"""Calls to DynamoDB in the event loop and without botocore's machinery: the ledger's statements.

botocore's serializer, hooks and threads cost more than the call itself. It still gives the endpoint, the credentials,
the signature and the rules for retries. All other calls are botocore's.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import orjson

from minipush.adapters.aws.retrying import pause_before
from minipush.adapters.dynamodb.signed_headers import SignedHeaders
from minipush.curl import CurlAnswer, CurlClient
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# 25 statements may return an item each, and an item has 400 KB at most.
MOST_BYTES: Final = 16 << 20
CONNECTIONS: Final = 32
_TRIES: Final = 3
# As in botocore's standard mode: what is busy, and what may have been lost on the way.
_BUSY: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_MAY_BE_LOST: Final = frozenset({200, 500, 502, 503, 504})


class EventLoopCalls:
    """Calls with the client's own endpoint, credentials and time-outs. Repeats a call as the client does.

    After a lost answer, a call is repeated too: a write must tolerate that.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        config: Any = client.meta.config
        self._url = f"{client.meta.endpoint_url.rstrip('/')}/"
        self._headers = SignedHeaders(client, self._url)
        self._tries = (config.retries or {}).get("total_max_attempts", _TRIES)
        self._timeout = config.connect_timeout + config.read_timeout
        self._curl = CurlClient(
            connections=CONNECTIONS, connect_timeout=config.connect_timeout, most_bytes=MOST_BYTES
        )

    async def __call__(self, operation: str, body: bytes) -> dict[str, Any]:
        """`body` and the answer are in DynamoDB's JSON. Raise StoreError."""
        attempt = 1
        while True:
            answer = await self.exchange(operation, body)
            if not answer.code and answer.status == 200:
                with suppress(ValueError):  # an answer that was cut is a lost one
                    parsed: dict[str, Any] = orjson.loads(answer.body)
                    return parsed
            name = _error_name(answer)
            if attempt >= self._tries or not _may_be_repeated(answer, name):
                raise StoreError(name)
            await asyncio.sleep(pause_before(attempt))
            attempt += 1

    async def exchange(self, operation: str, body: bytes) -> CurlAnswer:
        """One try of a call."""
        return await self._curl.call(
            "POST", self._url, self._headers.of(operation, body), body, self._timeout
        )


def _may_be_repeated(answer: CurlAnswer, name: str) -> bool:
    return bool(answer.code) or answer.status in _MAY_BE_LOST or name in _BUSY


def _error_name(answer: CurlAnswer) -> str:
    """DynamoDB's name of the error, without its message: that may quote an item."""
    if answer.code:
        return answer.error
    try:
        error = orjson.loads(answer.body)
        return str(error["__type"]).rpartition("#")[2]
    except (ValueError, TypeError, KeyError):
        return f"HTTP {answer.status}"
