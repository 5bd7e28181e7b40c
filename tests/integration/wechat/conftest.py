import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from local.simulator.certificates import issue_certificate
from minipush.wechat import Request, Response
from minipush.wechat.curl_transport import CurlTransport
from minipush.wechat.requests_transport import RequestsTransport

type Behaviour = Callable[[socket.socket], None]
type Serve = Callable[[Behaviour], str]
type Call = Callable[..., Response]


def read_request(connection: socket.socket) -> bytes:
    """One whole request; empty when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode() + headers + b"\r\n" + body


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Wire:
    """What the tests need to speak HTTP by hand."""

    read_request = staticmethod(read_request)
    answer = staticmethod(answer)
    reset = staticmethod(reset)


@pytest.fixture
def wire() -> type[Wire]:
    return Wire


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return issue_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def ca(certificate: tuple[ssl.SSLContext, Path]) -> str:
    return str(certificate[1])


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve(scheme: str, certificate: tuple[ssl.SSLContext, Path]) -> Iterator[Serve]:
    """Starts a server that treats each connection as it is told; gives its base URL."""
    tls = certificate[0] if scheme == "https" else None
    with contextlib.ExitStack() as stack:

        def start(behaviour: Behaviour) -> str:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=_accept, args=(listener, behaviour, tls, stack), daemon=True).start()
            return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"

        yield start


def _accept(
    listener: socket.socket, behaviour: Behaviour, tls: ssl.SSLContext | None, stack: contextlib.ExitStack
) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            stack.callback(connection.close)
            threading.Thread(target=_behave, args=(connection, behaviour, tls, stack), daemon=True).start()


def _behave(
    connection: socket.socket, behaviour: Behaviour, tls: ssl.SSLContext | None, stack: contextlib.ExitStack
) -> None:
    with contextlib.suppress(OSError):
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
            stack.callback(connection.close)
        behaviour(connection)


def call_requests(base_url: str, request: Request, timeout: float = 5.0, ca: str = "") -> Response:
    with RequestsTransport(base_url, ca=ca) as transport:
        return transport(request, timeout)


def call_curl(base_url: str, request: Request, timeout: float = 5.0, ca: str = "") -> Response:
    async def one() -> Response:
        async with CurlTransport(base_url, ca=ca) as transport:
            return await transport(request, timeout)

    return asyncio.run(one())


@pytest.fixture(params=[call_requests, call_curl], ids=["requests", "curl"])
def call(request: pytest.FixtureRequest, ca: str) -> Call:
    """One request over either transport."""
    transport: Call = request.param
    return partial(transport, ca=ca)
