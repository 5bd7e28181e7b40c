import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest

from minipush.wechat import ConnectError, LostAnswerError, Request, RequestsTransport, Response
from minipush.wechat.curl_transport import CurlTransport

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


def test_requests_share_a_connection(serve: Serve, wire: Any) -> None:
    server = _Counting(wire)
    with RequestsTransport(serve(server)) as transport:
        for _ in range(5):
            transport(SEND, 5)
    assert (server.connections, server.requests) == (1, 5)


def test_concurrent_sends_open_no_more_connections_than_allowed(serve: Serve, wire: Any) -> None:
    server = _Counting(wire)

    async def many() -> None:
        async with CurlTransport(serve(server), connections=4) as transport:
            await asyncio.gather(*(transport(SEND, 5) for _ in range(60)))

    asyncio.run(many())
    assert server.requests == 60
    assert server.connections <= 4


def test_waiting_in_vain_for_a_connection_means_that_nothing_was_sent(serve: Serve, wire: Any) -> None:
    async def two() -> tuple[Response | BaseException, Response | BaseException]:
        async with CurlTransport(serve(wire.read_request), connections=1) as transport:
            first = asyncio.create_task(transport(SEND, 1.0))
            await asyncio.sleep(0)
            return await asyncio.gather(first, transport(SEND, 0.4), return_exceptions=True)

    first, second = asyncio.run(two())
    assert isinstance(first, LostAnswerError)
    assert isinstance(second, ConnectError)


def test_a_post_on_a_connection_that_was_closed_meanwhile_is_sent_once(serve: Serve, wire: Any) -> None:
    requests: list[bytes] = []

    def one_answer_then_reset(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(wire.answer(b"{}"))
        requests.append(wire.read_request(connection))
        wire.reset(connection)

    async def two() -> None:
        async with CurlTransport(serve(one_answer_then_reset)) as transport:
            await transport(SEND, 5)
            with pytest.raises(LostAnswerError):
                await transport(SEND, 5)

    asyncio.run(two())
    assert len([request for request in requests if request]) == 1
