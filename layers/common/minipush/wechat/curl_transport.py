"""The transport for sends, with many in flight. It is a module of its own so that only senders import pycurl.

libcurl repeats a POST by itself if a kept connection dies before the answer. WeChat would send a subscription message
twice. libcurl can't repeat what it can't rewind, so the body comes from a function that reads forwards only: instead of
the repeat, the call fails with E_SEND_FAIL_REWIND. (libcurl, CURLOPT_READFUNCTION and CURLOPT_SEEKFUNCTION)
"""

import asyncio
import time
from typing import Final, Self
from urllib.parse import urlencode

import certifi
import pycurl

from minipush.wechat.errors import ConnectError, LostAnswerError, TransportError
from minipush.wechat.transport import BASE_URL, MAX_ANSWER, Request, Response

_HEADERS: Final = ("Content-Type: application/json", "Accept:", "Expect:")
_KEPT_URLS: Final = 16
_DONE: Final = 0


class CurlTransport:
    """An `AsyncTransport`, open within `async with`, in one event loop.

    `ca`: a file of certificates to trust, in PEM; certifi's if empty. Waiting for one of `connections` and connecting
    take `connect_timeout` seconds at most, and at most half of the call's timeout: a request that has begun has time
    for its answer. `keepalive` (seconds) is short on purpose: if WeChat closes a connection just as a request starts
    on it, the answer is lost. A connection has one request at a time (HTTP/1.1), so its end loses one answer.
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
        self._ca = ca or certifi.where()
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._keepalive = keepalive
        self._room = asyncio.Semaphore(connections)
        self._idle: list[_Handle] = []
        # Thousands of sends share one, and it is costly to make.
        self._urls: dict[tuple[str, ...], str] = {}

    async def __aenter__(self) -> Self:
        self._multi = pycurl.AsyncCurlMulti(close_handles=True)
        self._multi.setopt(pycurl.M_MAXCONNECTS, self._connections)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._multi.aclose()
        self._idle.clear()

    async def __call__(self, request: Request, timeout: float, /) -> Response:  # noqa: ASYNC109  # one contract
        to_connect = min(self._connect_timeout, timeout / 2)
        if self._room.locked():
            waited = await self._wait_for_room(request, to_connect)
            timeout, to_connect = timeout - waited, to_connect - waited
        else:
            await self._room.acquire()
        try:
            handle = self._idle.pop() if self._idle else _Handle(self._ca, self._keepalive)
            code = await handle.exchange(self._multi, self._url(request), request, timeout, to_connect)
        finally:
            self._room.release()
        # Not after a cancellation: the handle is in use until the loop's next turn.
        self._idle.append(handle)
        if code != _DONE:
            raise _failed(request, code, was_sent=handle.was_sent)
        return handle.response()

    async def _wait_for_room(self, request: Request, seconds: float) -> float:
        """Return how long it took."""
        began = time.monotonic()
        try:
            await asyncio.wait_for(self._room.acquire(), seconds)
        except TimeoutError:
            raise ConnectError(f"{request.method} {request.url_path}: no connection is free") from None
        return time.monotonic() - began

    def _url(self, request: Request) -> str:
        key = (request.url_path, *request.query.values())
        if url := self._urls.get(key):
            return url
        if len(self._urls) >= _KEPT_URLS:
            self._urls.clear()
        url = self._urls[key] = f"{self._base_url}{request.url_path}?{urlencode(request.query)}"
        return url


class _Handle:
    """An easy handle of libcurl, used for one call after the other."""

    __slots__ = ("_answer", "_body", "_curl", "_method", "_timeouts", "_url")

    def __init__(self, ca: str, keepalive: float) -> None:
        self._body = b""
        self._answer = bytearray()
        self._url = self._method = ""
        self._timeouts = (0, 0)
        self._curl = curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")  # overrides the environment's
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, ca)
        curl.setopt(pycurl.MAXAGE_CONN, max(1, round(keepalive)))
        curl.setopt(pycurl.HTTPHEADER, _HEADERS)
        # An answer that is compressed, though not asked for, is decoded.
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.READFUNCTION, self._read)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)

    async def exchange(
        self,
        multi: "pycurl.AsyncCurlMulti",
        url: str,
        request: Request,
        timeout: float,  # noqa: ASYNC109  # libcurl keeps it
        to_connect: float,
    ) -> int:
        """Return libcurl's code. Its exception is not passed on: it may name the URL."""
        self._prepare(url, request, timeout, to_connect)
        try:
            await multi.add_handle(self._curl)
        except pycurl.error as error:
            return int(error.args[0])
        return _DONE

    def _prepare(self, url: str, request: Request, timeout: float, to_connect: float) -> None:
        curl = self._curl
        if url != self._url:
            curl.setopt(pycurl.URL, url)
            self._url = url
        if request.method != self._method:
            curl.setopt(pycurl.HTTPGET if request.method == "GET" else pycurl.POST, 1)
            self._method = request.method
        timeouts = (max(1, int(timeout * 1000)), max(1, int(to_connect * 1000)))
        if timeouts != self._timeouts:
            curl.setopt(pycurl.TIMEOUT_MS, timeouts[0])
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, timeouts[1])
            self._timeouts = timeouts
        self._body = request.body or b""
        curl.setopt(pycurl.POSTFIELDSIZE, len(self._body))
        self._answer.clear()

    def _read(self, most: int) -> bytes:
        piece, self._body = self._body[:most], self._body[most:]
        return piece

    def _write(self, piece: bytes) -> int:
        """Anything but the piece's length ends the call with E_WRITE_ERROR."""
        if len(self._answer) + len(piece) > MAX_ANSWER:
            return -1
        self._answer += piece
        return len(piece)

    @property
    def was_sent(self) -> bool:
        """Whether any byte of the request left: libcurl counts those of all its tries."""
        return bool(self._curl.getinfo(pycurl.REQUEST_SIZE))

    def response(self) -> Response:
        return Response(self._curl.getinfo(pycurl.RESPONSE_CODE), bytes(self._answer))


def _failed(request: Request, code: int, *, was_sent: bool) -> TransportError:
    kind = LostAnswerError if was_sent else ConnectError
    return kind(f"{request.method} {request.url_path}: {_name(code)}")


def _name(code: int) -> str:
    """The code's name in libcurl, as its page `libcurl-errors` has it."""
    names = (name for name in dir(pycurl) if name.startswith("E_") and getattr(pycurl, name) == code)
    return f"CURL{next(names, code)}"
