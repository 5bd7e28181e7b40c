"""Sends requests to WeChat. Tests replace a transport by a plain function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

BASE_URL: Final = "https://api.weixin.qq.com"
MAX_ANSWER: Final = 1 << 20
"""Bytes. WeChat's answers have a few hundred; anything larger than this is not an answer of WeChat."""


@dataclass(slots=True)
class Request:
    """`url_path` starts with a slash. Query and body hold credentials, so the repr leaves them out."""

    method: str
    url_path: str
    query: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Response:
    status: int
    body: bytes = field(repr=False)


class Transport(Protocol):
    """`timeout` in seconds, for the whole call. Raises `ConnectError` or `LostAnswerError` and nothing else.

    Sends the request once and follows no redirect.
    """

    def __call__(self, request: Request, timeout: float, /) -> Response: ...


class AsyncTransport(Protocol):
    """As `Transport`."""

    async def __call__(self, request: Request, timeout: float, /) -> Response: ...  # noqa: ASYNC109  # one contract
