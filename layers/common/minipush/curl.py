"""HTTP calls by libcurl in the event loop, many in flight.

libcurl repeats a POST by itself if a kept connection dies before the answer. A message would be sent twice. libcurl
can't repeat what it can't rewind, so the body comes from a function that reads forwards only: instead of the repeat,
the call fails with E_SEND_FAIL_REWIND. (libcurl, CURLOPT_READFUNCTION and CURLOPT_SEEKFUNCTION)

Only what sends imports this module: pycurl is a large library.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

import certifi
import pycurl

MOST_BYTES: Final = 1 << 20

_DONE: Final = 0
# Before libcurl has begun, when no connection became free.
_NO_CONNECTION: Final = -1


@dataclass(slots=True)
class CurlAnswer:
    """What became of one call. `status` and `body` are WeChat's or AWS's if `code` is 0.

    `code`: libcurl's, or -1 if no connection was free in time. `was_sent`: at least a byte of the request left.
    """

    code: int
    was_sent: bool = False
    status: int = 0
    body: bytes = field(default=b"", repr=False)

    @property
    def error(self) -> str:
        """The code's name in libcurl, as its page `libcurl-errors` has it."""
        if self.code == _NO_CONNECTION:
            return "no connection is free"
        names = (name for name in dir(pycurl) if name.startswith("E_") and getattr(pycurl, name) == self.code)
        return f"CURL{next(names, self.code)}"


class CurlClient:
    """`ca`: a file of certificates to trust, in PEM; certifi's if empty. `most_bytes`: of an answer.

    Waiting for one of `connections` and connecting take `connect_timeout` seconds at most, and at most half of the
    call's timeout: a request that has begun has time for its answer. `keepalive`: seconds after which an idle
    connection isn't used again. A connection has one request at a time (HTTP/1.1), so its end loses one answer.

    Connections belong to one event loop. In another loop, the client starts afresh.
    """

    def __init__(
        self,
        *,
        ca: str = "",
        connections: int = 100,
        connect_timeout: float = 3.0,
        keepalive: float = 15.0,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._ca = ca or certifi.where()
        self._connections = connections
        self._connect_timeout = connect_timeout
        self._keepalive = max(1, round(keepalive))
        self._most_bytes = most_bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._multi: pycurl.AsyncCurlMulti | None = None
        self._idle: list[_Handle] = []

    async def aclose(self) -> None:
        """Calls in flight are cancelled."""
        multi, self._multi, self._loop = self._multi, None, None
        self._idle.clear()
        if multi:
            await multi.aclose()

    async def call(
        self,
        method: str,
        url: str,
        headers: tuple[str, ...],
        body: bytes,
        timeout: float,  # noqa: ASYNC109  # libcurl keeps it
    ) -> CurlAnswer:
        """`timeout` in seconds, for the whole call. Raises nothing for what the network does. Follows no redirect."""
        multi = self._multi
        if self._loop is not asyncio.get_running_loop() or not multi:
            multi = await self._open()
        to_connect = min(self._connect_timeout, timeout / 2)
        if self._room.locked():
            waited = await self._wait_for_room(to_connect)
            if waited is None:
                return CurlAnswer(_NO_CONNECTION)
            timeout, to_connect = timeout - waited, to_connect - waited
        else:
            await self._room.acquire()
        try:
            handle = self._idle.pop() if self._idle else self._handle()
            code = await handle.exchange(multi, method, url, headers, body, (timeout, to_connect))
        finally:
            self._room.release()
        # Not after a cancellation: the handle is in use until the loop's next turn.
        self._idle.append(handle)
        return handle.answer(code)

    async def _open(self) -> "pycurl.AsyncCurlMulti":
        await self.aclose()
        self._loop = asyncio.get_running_loop()
        self._room = asyncio.Semaphore(self._connections)
        self._multi = pycurl.AsyncCurlMulti(close_handles=True)
        self._multi.setopt(pycurl.M_MAXCONNECTS, self._connections)
        return self._multi

    async def _wait_for_room(self, seconds: float) -> float | None:
        """Return how long it took; None if nothing became free."""
        began = time.monotonic()
        try:
            await asyncio.wait_for(self._room.acquire(), seconds)
        except TimeoutError:
            return None
        return time.monotonic() - began

    def _handle(self) -> "_Handle":
        return _Handle(self._ca, self._keepalive, self._most_bytes)


class _Handle:
    """An easy handle of libcurl, used for one call after the other."""

    __slots__ = ("_answer", "_body", "_curl", "_headers", "_method", "_most_bytes", "_timeouts", "_url")

    def __init__(self, ca: str, keepalive: int, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._body = b""
        self._answer = bytearray()
        self._url = self._method = ""
        self._headers: tuple[str, ...] = ()
        self._timeouts = (0.0, 0.0)
        self._curl = curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")  # overrides the environment's
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, ca)
        curl.setopt(pycurl.MAXAGE_CONN, keepalive)
        # An answer that is compressed, though not asked for, is decoded.
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.READFUNCTION, self._read)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)

    async def exchange(
        self,
        multi: "pycurl.AsyncCurlMulti",
        method: str,
        url: str,
        headers: tuple[str, ...],
        body: bytes,
        timeouts: tuple[float, float],
    ) -> int:
        """Return libcurl's code. Its exception is not passed on: it may name the URL."""
        self._set(method, url, headers, timeouts)
        self._body = body
        self._curl.setopt(pycurl.POSTFIELDSIZE, len(body))
        self._answer.clear()
        try:
            await multi.add_handle(self._curl)
        except pycurl.error as error:
            return int(error.args[0])
        return _DONE

    def _set(self, method: str, url: str, headers: tuple[str, ...], timeouts: tuple[float, float]) -> None:
        """Each option costs time, and most calls are like the one before."""
        curl = self._curl
        if url is not self._url:
            curl.setopt(pycurl.URL, url)
            self._url = url
        if headers is not self._headers:
            curl.setopt(pycurl.HTTPHEADER, headers)
            self._headers = headers
        if method != self._method:
            curl.setopt(pycurl.HTTPGET if method == "GET" else pycurl.POST, 1)
            self._method = method
        if timeouts != self._timeouts:
            curl.setopt(pycurl.TIMEOUT_MS, max(1, int(timeouts[0] * 1000)))
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(timeouts[1] * 1000)))
            self._timeouts = timeouts

    def _read(self, most: int) -> bytes:
        piece, self._body = self._body[:most], self._body[most:]
        return piece

    def _write(self, piece: bytes) -> int:
        """Anything but the piece's length ends the call with E_WRITE_ERROR."""
        if len(self._answer) + len(piece) > self._most_bytes:
            return -1
        self._answer += piece
        return len(piece)

    def answer(self, code: int) -> CurlAnswer:
        if code == _DONE:
            status = self._curl.getinfo(pycurl.RESPONSE_CODE)
            return CurlAnswer(code, was_sent=True, status=status, body=bytes(self._answer))
        # libcurl counts the bytes of all its tries.
        return CurlAnswer(code, was_sent=bool(self._curl.getinfo(pycurl.REQUEST_SIZE)))
