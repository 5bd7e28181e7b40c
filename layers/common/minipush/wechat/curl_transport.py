"""The transport for sends, with many in flight. It is a module of its own so that only senders import pycurl."""

from typing import Final, Self
from urllib.parse import urlencode

from minipush.curl import CurlAnswer, CurlClient
from minipush.wechat.errors import ConnectError, LostAnswerError, TransportError
from minipush.wechat.transport import BASE_URL, MAX_ANSWER, Request, Response

_HEADERS: Final = ("Content-Type: application/json",)
_KEPT_URLS: Final = 16


class CurlTransport:
    """An `AsyncTransport`. See `minipush.curl.CurlClient` for the parameters.

    `keepalive` is short on purpose: if WeChat closes a connection just as a request starts on it, the answer is lost.
    """

    def __init__(
        self,
        base_url: str = BASE_URL,
        *,
        ca: str = "",
        connections: int = 100,
        connect_timeout: float = 3.0,
        keepalive: float = 15.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = CurlClient(
            ca=ca,
            connections=connections,
            connect_timeout=connect_timeout,
            keepalive=keepalive,
            most_bytes=MAX_ANSWER,
        )
        # Thousands of sends share one, and it is costly to make.
        self._urls: dict[tuple[object, ...], str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def __call__(self, request: Request, timeout: float, /) -> Response:  # noqa: ASYNC109  # one contract
        url = self._url(request)
        answer = await self._client.call(request.method, url, _HEADERS, request.body or b"", timeout)
        if answer.code:
            raise _failed(request, answer)
        return Response(answer.status, answer.body)

    def _url(self, request: Request) -> str:
        key = (request.url_path, *request.query.items())
        if url := self._urls.get(key):
            return url
        if len(self._urls) >= _KEPT_URLS:
            self._urls.clear()
        url = self._urls[key] = f"{self._base_url}{request.url_path}?{urlencode(request.query)}"
        return url


def _failed(request: Request, answer: CurlAnswer) -> TransportError:
    kind = LostAnswerError if answer.was_sent else ConnectError
    return kind(f"{request.method} {request.url_path}: {answer.error}")
