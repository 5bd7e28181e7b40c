"""One call on a kept connection, sent once at most.

libcurl repeats a POST by itself if a kept connection dies before the answer. A message would be sent twice. libcurl
can't repeat what it can't rewind, so the body comes from a function that reads forwards only: instead of the repeat,
the call fails with E_SEND_FAIL_REWIND. (libcurl, CURLOPT_READFUNCTION and CURLOPT_SEEKFUNCTION) A request without a body
gets a new connection: libcurl repeats only on kept ones.

libcurl looks at an idle connection once a second at most. So before a kept connection is used, this module looks
whether anything has come on it meanwhile: the end of the connection, or bytes that would be taken for the answer.
Nothing is sent then, and the call goes out on a new connection. (libcurl, CURLOPT_PREREQFUNCTION)
"""

import asyncio
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import pycurl

from minipush.curl.multi import CurlMulti

# Before libcurl has begun, when no connection became free.
NO_CONNECTION: Final = -1
# The server's name leads to addresses that the client may not connect to.
FORBIDDEN_ADDRESS: Final = -2
_DONE: Final = 0
# What libcurl adds by itself, without a value: the header is left out. "Expect" would wait for an answer before the body.
_LEFT_OUT: Final = ("Accept:", "Expect:")

type Connections = dict[tuple[str, int], select.poll]
"""The open connections by their own address, with what tells whether something has come on them."""


@dataclass(slots=True)
class CurlAnswer:
    """What became of one call. `status` and `body` are the server's if `code` is 0.

    `code`: libcurl's, NO_CONNECTION if no connection was free in time, or FORBIDDEN_ADDRESS. `was_sent`: at least a byte of the request left.
    This is no frozen dataclass, as every send makes one.
    """

    code: int
    was_sent: bool = False
    status: int = 0
    body: bytes = field(default=b"", repr=False)

    @property
    def error(self) -> str:
        """The code's name in libcurl, as its page `libcurl-errors` has it."""
        if self.code in _OWN_CODES:
            return _OWN_CODES[self.code]
        names = [name for name in dir(pycurl) if name.startswith("E_") and getattr(pycurl, name) == self.code]
        names.sort(key=lambda name: name.startswith(_OLD_NAMES))
        return f"CURL{names[0] if names else self.code}"


_OWN_CODES: Final = {NO_CONNECTION: "no connection is free", FORBIDDEN_ADDRESS: "the address is forbidden"}
# Of codes that have a newer name, and of another kind of error with the same numbers.
_OLD_NAMES: Final = ("E_FTP_", "E_MULTI_")


@dataclass(slots=True)
class Call:
    """Times in ms."""

    method: str
    url: str = field(repr=False)
    headers: tuple[str, ...] = field(repr=False)
    body: bytes = field(repr=False)
    timeout: int
    to_connect: int


class Handle:
    """An easy handle of libcurl, used for one call after the other."""

    def __init__(
        self,
        ca: str,
        keepalive: int,
        most_bytes: int,
        connections: Connections,
        most_connections: int,
        may_connect: Callable[[str], bool] | None,
    ) -> None:
        self._most_bytes = most_bytes
        self._connections = connections
        self._most_connections = most_connections
        # The sockets that were opened for this call.
        self._opened: list[int] = []
        self._body = b""
        self._answer = bytearray()
        self._last = Call("", "", (), b"", 0, 0)
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
        # The call that met a forbidden address.
        self._forbidden: Call | None = None
        if may_connect:
            self._may_connect = may_connect
            curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)

    async def exchange(self, multi: CurlMulti, call: Call, *, is_fresh: bool) -> CurlAnswer:
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
        if code == pycurl.E_COULDNT_CONNECT and self._forbidden is self._last:
            return CurlAnswer(FORBIDDEN_ADDRESS)
        # libcurl counts the bytes of all its tries.
        return CurlAnswer(code, was_sent=bool(self._curl.getinfo(pycurl.REQUEST_SIZE)))

    def _set(self, call: Call, *, is_fresh: bool) -> None:
        """Each option costs time, and most calls are like the one before."""
        curl, last = self._curl, self._last
        if call.url is not last.url:
            curl.setopt(pycurl.URL, call.url)
        if call.headers is not last.headers:
            curl.setopt(pycurl.HTTPHEADER, (*_LEFT_OUT, *call.headers))
        if call.method != last.method:
            curl.setopt(pycurl.HTTPGET if call.method == "GET" else pycurl.POST, 1)
            if call.method not in ("GET", "POST"):
                curl.setopt(pycurl.CUSTOMREQUEST, call.method)
            elif last.method:
                curl.unsetopt(pycurl.CUSTOMREQUEST)
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

    def _open_socket(
        self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]
    ) -> socket.socket | int:
        """What libcurl connects to is this address, whatever the name meant before. (libcurl, CURLOPT_OPENSOCKETFUNCTION)"""
        family, kind, protocol, name = address
        if self._may_connect(name[0]):
            return _LentSocket(family, kind, protocol)
        self._forbidden = self._last
        return int(pycurl.SOCKET_BAD)

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


class _LentSocket(socket.socket):
    """pycurl duplicates it, and drops it without closing it."""

    def __del__(self) -> None:
        self.close()


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
