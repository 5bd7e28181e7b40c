"""Calls to AWS in the event loop: how many connections and tries they have, and when a call is repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from minipush.adapters.aws.retrying import pause_before
from minipush.curl import CurlAnswer, CurlClient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
_MAY_BE_LOST: Final = frozenset({500, 502, 503, 504})


class EventLoopTries:
    """With the client's time-outs and number of tries.

    After a lost answer, a call is repeated too: a write must tolerate that.
    """

    def __init__(self, client: "DynamoDBClient", connections: int, most_bytes: int) -> None:
        config: Any = client.meta.config
        self._tries = (config.retries or {}).get("total_max_attempts", _TRIES)
        self._timeout = config.connect_timeout + config.read_timeout
        self._curl = CurlClient(
            connections=connections, connect_timeout=config.connect_timeout, most_bytes=most_bytes
        )

    async def call(self, method: str, url: str, headers: tuple[str, ...], body: bytes) -> CurlAnswer:
        """One try of a call."""
        return await self._curl.call(method, url, headers, body, self._timeout)

    async def until_done[T](
        self,
        try_once: Callable[[], Awaitable[CurlAnswer]],
        read: Callable[[CurlAnswer], T | None],
        error_name: Callable[[CurlAnswer], str],
    ) -> T | CurlAnswer:
        """What `read` makes of the first answer with status 200, or the last answer of another kind.

        If `read` returns None, the answer was cut, and counts as lost.
        """
        attempt = 1
        while True:
            answer = await try_once()
            is_answered = not answer.code and answer.status == 200
            if is_answered and (found := read(answer)) is not None:
                return found
            if attempt >= self._tries or not (is_answered or _may_be_repeated(answer, error_name)):
                return answer
            await asyncio.sleep(pause_before(attempt))
            attempt += 1


def _may_be_repeated(answer: CurlAnswer, error_name: Callable[[CurlAnswer], str]) -> bool:
    return bool(answer.code) or answer.status in _MAY_BE_LOST or error_name(answer) in _BUSY
