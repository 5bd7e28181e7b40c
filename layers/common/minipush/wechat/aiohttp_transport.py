"""The transport for sends, with many in flight. It is a module of its own so that only senders import aiohttp."""

import asyncio
import math
from functools import lru_cache
from typing import Final, Self

import aiohttp
from yarl import URL

from minipush.wechat.errors import ConnectError, LostAnswerError, TransportError
from minipush.wechat.redaction import HTTP_LOGGERS, redact_logs
from minipush.wechat.transport import BASE_URL, MAX_ANSWER, Request, Response

_SKIPPED: Final = ("User-Agent", "Accept", "Accept-Encoding")


class AiohttpTransport:
    """An `AsyncTransport`, open within `async with`, in one event loop.

    Waiting for one of `connections` and connecting take `connect_timeout` seconds at most, and at most half of
    the call's timeout. So a timeout shows whether the request had begun. `keepalive` (seconds) is short on
    purpose: if WeChat closes a connection just as a request starts on it, the answer is lost. A POST is sent
    once. aiohttp repeats a GET on a connection that was closed meanwhile.
    """

    def __init__(
        self,
        base_url: str = BASE_URL,
        *,
        connections: int = 100,
        connect_timeout: float = 3.0,
        keepalive: float = 15.0,
    ) -> None:
        self._base_url = URL(base_url.rstrip("/"))
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._keepalive = keepalive
        # Thousands of sends share both, and they are costly to make.
        self._url = lru_cache(maxsize=16)(self._build_url)
        self._timeout = lru_cache(maxsize=16)(self._build_timeout)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=self._keepalive),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Content-Type": "application/json"},
            skip_auto_headers=_SKIPPED,
            trust_env=False,
        )
        redact_logs(*HTTP_LOGGERS)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def __call__(self, request: Request, timeout: float, /) -> Response:  # noqa: ASYNC109  # one contract
        # Raised outside the handler of aiohttp's exceptions: those hold the URL, and `from None` hides the
        # context but keeps it.
        outcome = await self._exchange(request, timeout)
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome

    async def _exchange(self, request: Request, seconds: float) -> Response | TransportError:
        url = self._url(request.url_path, *request.query.items())
        try:
            async with self._session.request(
                request.method,
                url,
                data=request.body,
                allow_redirects=False,
                timeout=self._timeout(_up(seconds)),
            ) as answer:
                return Response(answer.status, await _read(answer.content))
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError) as error:
            return ConnectError(_what(request, error))
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, _TooLongError) as error:
            return LostAnswerError(_what(request, error))

    def _build_url(self, path: str, *query: tuple[str, str]) -> URL:
        return self._base_url.with_path(self._base_url.path.rstrip("/") + path).with_query(query)

    def _build_timeout(self, seconds: float) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(total=seconds, connect=min(self._connect_timeout, seconds / 2))


def _up(seconds: float) -> float:
    """Round up to hundredths, so that sends with the same timeout share a cached object."""
    return math.ceil(seconds * 100) / 100


class _TooLongError(Exception):
    pass


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = b""
    while piece := await content.readany():
        body += piece
        if len(body) > MAX_ANSWER:
            raise _TooLongError
    return body


def _what(request: Request, error: Exception) -> str:
    return f"{request.method} {request.url_path}: {type(error).__name__}"
