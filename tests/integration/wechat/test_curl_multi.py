import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pycurl
import pytest

from minipush.curl import CurlAnswer, CurlClient, multi
from minipush.curl.sockets import SelectorSockets, Sockets, new_sockets

type Behaviour = Callable[[socket.socket], None]
type Serve = Callable[[Behaviour], str]


@pytest.fixture(params=[new_sockets, SelectorSockets], autouse=True)
def sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Sockets]:
    """Every test runs with the sockets of this system, and with those for any system."""
    kind: type[Sockets] = request.param
    monkeypatch.setattr(multi, "new_sockets", kind)
    return kind


async def post(client: CurlClient, url: str, count: int) -> list[CurlAnswer]:
    calls = (client.call("POST", url, ("X-Number: 1",), b"%d" % n, 5) for n in range(count))
    return await asyncio.gather(*calls)


def test_answers_come_on_connections_that_are_used_again_and_again(serve: Serve, ca: str, wire: Any) -> None:
    def echo(connection: socket.socket) -> None:
        while request := wire.read_request(connection):
            connection.sendall(wire.answer(request.rpartition(b"\r\n\r\n")[2]))

    async def rounds() -> list[list[bytes]]:
        client = CurlClient(ca=ca, connections=5)
        url = serve(echo)
        answers = [[answer.body for answer in await post(client, url, 20)] for _ in range(10)]
        await client.aclose()
        return answers

    assert asyncio.run(rounds()) == [[b"%d" % n for n in range(20)]] * 10


def test_a_socket_that_gets_the_number_of_a_closed_one_is_served(serve: Serve, ca: str, wire: Any) -> None:
    """The server closes each connection after its answer, so that numbers are given out anew all the time."""

    def answer_and_close(connection: socket.socket) -> None:
        if wire.read_request(connection):
            connection.sendall(wire.answer(b"ok", headers=b"Connection: close\r\n"))
        connection.close()

    async def many() -> list[CurlAnswer]:
        client = CurlClient(ca=ca, connections=8)
        answers = await post(client, serve(answer_and_close), 100)
        await client.aclose()
        return answers

    assert {(answer.error, answer.body) for answer in asyncio.run(many())} == {("CURLE_OK", b"ok")}


def test_a_connection_that_ends_while_it_is_idle_costs_no_call(serve: Serve, ca: str, wire: Any) -> None:
    def close_in_silence(connection: socket.socket) -> None:
        if wire.read_request(connection):
            connection.sendall(wire.answer(b"ok"))
        connection.close()

    async def two() -> list[CurlAnswer]:
        client = CurlClient(ca=ca, connections=1)
        url = serve(close_in_silence)
        first = await post(client, url, 1)
        await asyncio.sleep(0.1)
        second = await post(client, url, 1)
        await client.aclose()
        return first + second

    assert [answer.body for answer in asyncio.run(two())] == [b"ok", b"ok"]


class _Broken(pycurl.CurlMulti):
    """One socket_action may send a request and read an answer that is already there: the lock keeps a server from
    answering within it."""

    is_broken = False
    acting = threading.Lock()

    def socket_action(self, *args: Any) -> Any:
        with self.acting:
            if self.is_broken:
                raise pycurl.error(1, "as if a callback had failed")
            return super().socket_action(*args)


def test_when_libcurl_gives_up_every_call_ends_and_the_next_one_starts_afresh(
    serve: Serve, ca: str, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer_late(connection: socket.socket) -> None:
        while wire.read_request(connection):
            with _Broken.acting:
                _Broken.is_broken = not wire.seen
                wire.seen += 1
            connection.sendall(wire.answer(b"ok"))

    async def two() -> tuple[CurlAnswer, CurlAnswer]:
        client = CurlClient(ca=ca)
        url = serve(answer_late)
        [first] = await post(client, url, 1)
        _Broken.is_broken = False
        [second] = await post(client, url, 1)
        await client.aclose()
        return first, second

    monkeypatch.setattr(wire, "seen", 0, raising=False)
    monkeypatch.setattr(_Broken, "is_broken", False)
    monkeypatch.setattr(pycurl, "CurlMulti", _Broken)
    first, second = asyncio.run(two())
    assert (first.error, first.was_sent) == ("CURLE_FAILED_INIT", True)
    assert second.body == b"ok"
