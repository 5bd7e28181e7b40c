import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minipush.wechat import ConnectError, LostAnswerError, Request, Response
from minipush.wechat.curl_transport import CurlTransport
from minipush.wechat.requests_transport import RequestsTransport

type Behaviour = Callable[[socket.socket], None]
type Serve = Callable[[Behaviour], str]
SEND = Request("POST", "/cgi-bin/message/subscribe/send", {"access_token": "TOKEN"}, b"{}")


class _Counting:
    """Answers every request of a connection, and counts both."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire
        self.connections = 0
        self.requests = 0

    def __call__(self, connection: socket.socket) -> None:
        self.connections += 1
        while self.wire.read_request(connection):
            self.requests += 1
            connection.sendall(self.wire.answer(b'{"errcode":0}'))


def test_requests_share_a_connection(serve: Serve, ca: str, wire: Any) -> None:
    server = _Counting(wire)
    with RequestsTransport(serve(server), ca=ca) as transport:
        for _ in range(5):
            transport(SEND, 5)
    assert (server.connections, server.requests) == (1, 5)


def test_concurrent_sends_open_no_more_connections_than_allowed(serve: Serve, ca: str, wire: Any) -> None:
    server = _Counting(wire)

    async def many() -> None:
        async with CurlTransport(serve(server), ca=ca, connections=4) as transport:
            await asyncio.gather(*(transport(SEND, 5) for _ in range(60)))

    asyncio.run(many())
    assert server.requests == 60
    assert server.connections <= 4


def test_waiting_in_vain_for_a_connection_means_that_nothing_was_sent(
    serve: Serve, ca: str, wire: Any
) -> None:
    async def two() -> tuple[Response | BaseException, Response | BaseException]:
        async with CurlTransport(serve(wire.read_request), ca=ca, connections=1) as transport:
            first = asyncio.create_task(transport(SEND, 1.0))
            await asyncio.sleep(0)
            return await asyncio.gather(first, transport(SEND, 0.4), return_exceptions=True)

    first, second = asyncio.run(two())
    assert isinstance(first, LostAnswerError)
    assert isinstance(second, ConnectError)


def reset(connection: socket.socket, wire: Any) -> None:
    wire.reset(connection)


def close(connection: socket.socket, _wire: Any) -> None:
    connection.close()


LARGE = Request("POST", SEND.url_path, SEND.query, b"x" * 300_000)


@pytest.mark.parametrize("request_", [SEND, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("die", [reset, close])
def test_a_post_is_not_repeated_when_its_connection_dies_before_the_answer(
    serve: Serve, ca: str, wire: Any, die: Callable[..., None], request_: Request
) -> None:
    """Libcurl repeats a POST on a kept connection by itself, unless it can't read the body again."""
    received: list[bytes] = []

    def answers_once(connection: socket.socket) -> None:
        received.append(wire.read_request(connection))
        connection.sendall(wire.answer(b"{}"))
        received.append(wire.read_request(connection))
        die(connection, wire)

    async def two() -> None:
        async with CurlTransport(serve(answers_once), ca=ca) as transport:
            await transport(request_, 5)
            with pytest.raises(LostAnswerError):
                await transport(request_, 5)
            # A repeat in the background would arrive before this one, on another connection.
            await transport(Request("GET", "/after", {}), 5)

    asyncio.run(two())
    assert [head.split(b" ")[0] for head in received if head] == [b"POST", b"POST", b"GET"]


def test_a_connection_that_was_closed_before_the_request_costs_nothing(
    serve: Serve, ca: str, wire: Any
) -> None:
    received: list[bytes] = []

    def one_answer_then_closed(connection: socket.socket) -> None:
        received.append(wire.read_request(connection))
        connection.sendall(wire.answer(b"{}"))
        connection.close()

    async def two() -> None:
        async with CurlTransport(serve(one_answer_then_closed), ca=ca) as transport:
            for _ in range(5):
                assert (await transport(SEND, 5)).status == 200
                await asyncio.sleep(0.05)

    asyncio.run(two())
    assert len([head for head in received if head]) == 5


def test_what_comes_between_two_requests_is_no_answer(serve: Serve, ca: str, wire: Any) -> None:
    def answers_twice(connection: socket.socket) -> None:
        while request := wire.read_request(connection):
            connection.sendall(wire.answer(request[-1:]))
            time.sleep(0.1)  # a busy client has read the answer by then
            connection.sendall(wire.answer(b"stale"))

    async def three() -> list[bytes]:
        async with CurlTransport(serve(answers_twice), ca=ca) as transport:
            bodies = []
            for body in (b"1", b"2", b"3"):
                bodies.append((await transport(Request("POST", "/x", {}, body), 5)).body)
                await asyncio.sleep(0.3)
            return bodies

    assert asyncio.run(three()) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_without_a_body_is_not_repeated_either(
    serve: Serve, ca: str, wire: Any, method: str
) -> None:
    received: list[bytes] = []

    def answers_once(connection: socket.socket) -> None:
        received.append(wire.read_request(connection))
        connection.sendall(wire.answer(b"{}"))
        received.append(wire.read_request(connection))

    async def two() -> None:
        async with CurlTransport(serve(answers_once), ca=ca) as transport:
            for _ in range(2):
                await transport(Request(method, "/x", {}), 5)

    asyncio.run(two())
    assert len([head for head in received if head]) == 2


def test_a_client_that_is_closed_sends_nothing_for_those_that_wait(serve: Serve, ca: str, wire: Any) -> None:
    async def close_early() -> list[Response | BaseException]:
        transport = CurlTransport(serve(wire.read_request), ca=ca, connections=1)
        calls = [asyncio.create_task(transport(SEND, 5)) for _ in range(3)]
        await asyncio.sleep(0.05)
        await transport.__aexit__()
        return await asyncio.gather(*calls, return_exceptions=True)

    in_flight, *waiting = asyncio.run(close_early())
    assert isinstance(in_flight, asyncio.CancelledError)
    assert [type(each) for each in waiting] == [ConnectError] * 2


def test_a_call_that_is_cancelled_leaves_the_others_alone(serve: Serve, ca: str, wire: Any) -> None:
    def slow(connection: socket.socket) -> None:
        while wire.read_request(connection):
            time.sleep(0.1)
            connection.sendall(wire.answer(b"{}"))

    async def cancel_one() -> list[Response | BaseException]:
        async with CurlTransport(serve(slow), ca=ca, connections=2) as transport:
            calls = [asyncio.create_task(transport(SEND, 5)) for _ in range(3)]
            await asyncio.sleep(0.05)
            calls[0].cancel()
            return await asyncio.gather(*calls, return_exceptions=True)

    cancelled, *others = asyncio.run(cancel_one())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert others == [Response(200, b"{}")] * 2


def test_the_server_may_offer_http_2_and_gets_http_1_1(
    serve: Serve, certificate: tuple[ssl.SSLContext, Path], ca: str, wire: Any
) -> None:
    """One connection of HTTP/2 has many requests. Its end would leave all of them in doubt."""
    received: list[bytes] = []

    def answers(connection: socket.socket) -> None:
        received.append(wire.read_request(connection))
        connection.sendall(wire.answer(b"{}"))

    certificate[0].set_alpn_protocols(["h2", "http/1.1"])
    url = serve(answers)

    async def one() -> None:
        async with CurlTransport(url, ca=ca) as transport:
            await transport(SEND, 5)

    asyncio.run(one())
    assert received[0].partition(b"\r\n")[0].endswith(b"HTTP/1.1")
