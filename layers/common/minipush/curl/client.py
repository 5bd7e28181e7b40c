"""Calls over kept connections, each sent once at most.

libcurl repeats a POST by itself if a kept connection dies before the answer. A message would be sent twice. libcurl
can't repeat what it can't rewind, so the body comes from a function that reads forwards only: instead of the repeat,
the call fails with E_SEND_FAIL_REWIND. (libcurl, CURLOPT_READFUNCTION and CURLOPT_SEEKFUNCTION) A request without a body
gets a new connection: libcurl repeats only on kept ones.

libcurl looks at an idle connection once a second at most. So before a kept connection is used, this module looks
whether anything has come on it meanwhile: the end of the connection, or bytes that would be taken for the answer.
Nothing is sent then, and the call goes out on a new connection. (libcurl, CURLOPT_PREREQFUNCTION)
"""

import asyncio
import math
import select
import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import certifi
import pycurl

from minipush.curl.multi import CurlMulti

MOST_BYTES: Final = 1 << 20

_DONE: Final = 0
# Before libcurl has begun, when no connection became free.
_NO_CONNECTION: Final = -1
# What libcurl adds by itself, without a value: the header is left out. "Expect" would wait for an answer before the body.
_LEFT_OUT: Final = ("Accept:", "Expect:")

type Connections = dict[tuple[str, int], select.poll]
"""The open connections by their own address, with what tells whether something has come on them."""


@dataclass(slots=True)
class CurlAnswer:
    """What became of one call. `status` and `body` are the server's if `code` is 0.

    `code`: libcurl's, or -1 if no connection was free in time. `was_sent`: at least a byte of the request left.
    This is no frozen dataclass, as every send makes one.
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
        names = [name for name in dir(pycurl) if name.startswith("E_") and getattr(pycurl, name) == self.code]
        names.sort(key=lambda name: name.startswith(_OLD_NAMES))
        return f"CURL{names[0] if names else self.code}"


# Of codes that have a newer name, and of another kind of error with the same numbers.
_OLD_NAMES: Final = ("E_FTP_", "E_MULTI_")


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
        self._most_connections = connections
        self._connect_timeout = connect_timeout
        self._keepalive = max(1, round(keepalive))
        self._most_bytes = most_bytes
        self._loop: asyncio.AbstractEventLoop | None = None
        self._multi: CurlMulti | None = None
        self._idle: list[_Handle] = []
        self._made = 0
        # Calls that wait for a handle, or for None: the client is closed.
        self._waiting: deque[asyncio.Future[_Handle | None]] = deque()
        self._connections: Connections = {}

    async def aclose(self) -> None:
        """Calls in flight are cancelled."""
        multi, self._multi, self._loop, self._made = self._multi, None, None, 0
        self._idle.clear()
        self._connections.clear()
        if multi:
            multi.close()
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
        self._waiting.clear()

    async def call(
        self,
        method: str,
        url: str,
        headers: tuple[str, ...],
        body: bytes,
        timeout: float,  # noqa: ASYNC109  # libcurl keeps it
    ) -> CurlAnswer:
        """`timeout` in seconds, for the whole call. Raises nothing for what the network does. Follows no redirect.

        `headers`: as libcurl takes them, `Name: value`.
        """
        multi = self._multi
        if not multi or multi.is_closed or self._loop is not asyncio.get_running_loop():
            multi = await self._open()
        to_connect, began = min(self._connect_timeout, timeout / 2), time.monotonic()
        handle = self._idle.pop() if self._idle else await self._next_handle(to_connect)
        if not handle:
            return CurlAnswer(_NO_CONNECTION)
        try:
            waited = time.monotonic() - began
            limits = _milliseconds(timeout - waited), _milliseconds(to_connect - waited)
            call = _Call(method, url, headers, body, *limits)
            answer = await handle.exchange(multi, call, is_fresh=not body)
            if answer.code == pycurl.E_ABORTED_BY_CALLBACK and not answer.was_sent:
                answer = await handle.exchange(multi, call, is_fresh=True)
            return answer
        finally:
            if multi is self._multi:
                self._release(handle)

    async def _open(self) -> CurlMulti:
        await self.aclose()
        self._loop = asyncio.get_running_loop()
        self._multi = CurlMulti(self._most_connections)
        return self._multi

    async def _next_handle(self, seconds: float) -> "_Handle | None":
        """A new one, or the first that others release. None if that takes too long."""
        if self._made < self._most_connections:
            self._made += 1
            most = 4 * self._most_connections
            return _Handle(self._ca, self._keepalive, self._most_bytes, self._connections, most)
        waiting: asyncio.Future[_Handle | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await asyncio.wait([waiting], timeout=seconds)
        except asyncio.CancelledError:
            if not waiting.cancel() and (handle := waiting.result()):
                self._release(handle)
            raise
        return None if waiting.cancel() else waiting.result()

    def _release(self, handle: "_Handle") -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(handle)
                return
        self._idle.append(handle)


@dataclass(slots=True)
class _Call:
    """Times in ms."""

    method: str
    url: str = field(repr=False)
    headers: tuple[str, ...] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: int
    to_connect: int


class _Handle:
    """An easy handle of libcurl, used for one call after the other."""

    def __init__(
        self, ca: str, keepalive: int, most_bytes: int, connections: Connections, most_connections: int
    ) -> None:
        self._most_bytes = most_bytes
        self._connections = connections
        self._most_connections = most_connections
        # The sockets that were opened for this call.
        self._opened: list[int] = []
        self._body = b""
        self._answer = bytearray()
        self._last = _Call("", "", (), b"", 0, 0)
        self._is_fresh = False
        self._curl = curl = pycurl.Curl()
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROXY, "")  # overrides the environment's
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.CAINFO, ca)
        curl.setopt(pycurl.POSTFIELDSIZE, 0)
        curl.setopt(pycurl.MAXAGE_CONN, keepalive)
        # An answer that is compressed, though not asked for, is decoded.
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.SOCKOPTFUNCTION, self._note_socket)
        curl.setopt(pycurl.PREREQFUNCTION, self._look_at_connection)
        curl.setopt(pycurl.READFUNCTION, self._read)
        curl.setopt(pycurl.WRITEFUNCTION, self._write)

    async def exchange(self, multi: CurlMulti, call: _Call, *, is_fresh: bool) -> CurlAnswer:
        """`is_fresh`: on a new connection. libcurl's exception is not passed on: it may name the URL."""
        self._set(call, is_fresh=is_fresh)
        self._body = call.body
        self._answer.clear()
        self._opened.clear()
        try:
            code = await multi.start(self._curl)
        except asyncio.CancelledError:
            multi.stop(self._curl)
            raise
        if code:
            return self._failed(code)
        status = self._curl.getinfo(pycurl.RESPONSE_CODE)
        return CurlAnswer(_DONE, was_sent=True, status=status, body=bytes(self._answer))

    def _failed(self, code: int) -> CurlAnswer:
        # libcurl counts the bytes of all its tries.
        return CurlAnswer(code, was_sent=bool(self._curl.getinfo(pycurl.REQUEST_SIZE)))

    def _set(self, call: _Call, *, is_fresh: bool) -> None:
        """Each option costs time, and most calls are like the one before."""
        curl, last = self._curl, self._last
        if call.url is not last.url:
            curl.setopt(pycurl.URL, call.url)
        if call.headers is not last.headers:
            curl.setopt(pycurl.HTTPHEADER, (*_LEFT_OUT, *call.headers))
        if call.method != last.method:
            curl.setopt(pycurl.HTTPGET if call.method == "GET" else pycurl.POST, 1)
        if is_fresh is not self._is_fresh:
            curl.setopt(pycurl.FRESH_CONNECT, is_fresh)
            self._is_fresh = is_fresh
        if len(call.body) != len(last.body):
            curl.setopt(pycurl.POSTFIELDSIZE, len(call.body))
        if call.timeout != last.timeout:
            curl.setopt(pycurl.TIMEOUT_MS, call.timeout)
        if call.to_connect != last.to_connect:
            curl.setopt(pycurl.CONNECTTIMEOUT_MS, call.to_connect)
        self._last = call

    def _note_socket(self, number: int, _purpose: int) -> int:
        self._opened.append(number)
        return int(pycurl.SOCKOPT_OK)

    def _look_at_connection(self, _server: str, own: str, _server_port: int, own_port: int) -> int:
        """Called before the request is sent. A server that speaks TLS may have sent something on a new connection."""
        address = (own, own_port)
        if self._opened:
            self._remember(address)
            return int(pycurl.PREREQFUNC_OK)
        poll = self._connections.get(address)
        if poll and not poll.poll(0):
            return int(pycurl.PREREQFUNC_OK)
        self._connections.pop(address, None)
        return int(pycurl.PREREQFUNC_ABORT)

    def _remember(self, address: tuple[str, int]) -> None:
        """Libcurl may have opened several sockets, and has connected the one with this address."""
        self._connections.pop(address, None)
        if len(self._connections) >= self._most_connections:  # most of them are closed by now
            del self._connections[next(iter(self._connections))]
        for number in self._opened:
            if _address_of(number) == address:
                poll = self._connections[address] = select.poll()
                poll.register(number, select.POLLIN)

    def _read(self, most: int) -> bytes:
        piece, self._body = self._body[:most], self._body[most:]
        return piece

    def _write(self, piece: bytes) -> int:
        """Anything but the piece's length ends the call with E_WRITE_ERROR."""
        if len(self._answer) + len(piece) > self._most_bytes:
            return -1
        self._answer += piece
        return len(piece)


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


def _address_of(number: int) -> tuple[str, int] | None:
    """Of a socket that belongs to libcurl; None if it is closed."""
    with suppress(OSError):
        borrowed = socket.socket(fileno=number)
        try:
            own: tuple[str, int] = borrowed.getsockname()[:2]
            return own
        finally:
            borrowed.detach()
    return None
