"""Each fault as a client meets it, on raw sockets, which hide nothing."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from local.simulator.account.credentials import TOKEN
from local.simulator.simulator import Simulator
from local.simulator.wechat import TEMPLATE_SEND

RawSend = Callable[[], socket.socket]


@pytest.fixture
def send(simulator: Simulator, access_token: str) -> Iterator[RawSend]:
    """Write one valid message to anna on a new connection. Return the socket."""
    anna = simulator.control.add_user("anna").openid
    forms = iter(simulator.control.tap(anna, 10))
    host, port = simulator.url.removeprefix("http://").split(":")
    sockets: list[socket.socket] = []

    def write() -> socket.socket:
        body = json.dumps({"touser": anna, "template_id": "T1", "form_id": next(forms)}).encode()
        head = f"POST {TEMPLATE_SEND}?access_token={access_token} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
        sockets.append(socket.create_connection((host, int(port)), timeout=5))
        sockets[-1].sendall(head.encode() + b"\r\n\r\n" + body)
        return sockets[-1]

    yield write
    for each in sockets:
        each.close()


def answer(connection: socket.socket) -> tuple[int, bytes]:
    head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def taken(simulator: Simulator) -> int:
    return int(simulator.control.summary()["taken"])


@pytest.mark.parametrize(("action", "messages"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_a_real_one_and_the_ledger_has_what_was_accepted(
    simulator: Simulator, send: RawSend, caplog: pytest.LogCaptureFixture, action: str, messages: int
) -> None:
    simulator.control.fault(action, path=TEMPLATE_SEND)
    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionResetError):
        send().recv(1)
    assert taken(simulator) == messages
    assert not caplog.records
    assert answer(send())[0] == 200


@pytest.mark.parametrize("took", [False, True])
def test_a_hang_says_nothing_and_then_breaks_off(simulator: Simulator, send: RawSend, took: bool) -> None:
    simulator.control.fault("hang", seconds=0.3, taken=took)
    start = time.monotonic()
    with pytest.raises(ConnectionResetError):
        send().recv(1)
    assert time.monotonic() - start >= 0.3
    assert taken(simulator) == took


@pytest.mark.parametrize("took", [False, True])
def test_garbage_is_no_json(simulator: Simulator, send: RawSend, took: bool) -> None:
    simulator.control.fault("garbage", taken=took)
    status, body = answer(send())
    assert status == 200
    with pytest.raises(ValueError):
        json.loads(body)
    assert taken(simulator) == took


@pytest.mark.parametrize("took", [False, True])
def test_an_http_status_comes_without_json(simulator: Simulator, send: RawSend, took: bool) -> None:
    simulator.control.fault("http_status", status=502, taken=took)
    assert answer(send())[0] == 502
    assert taken(simulator) == took


def test_an_errcode_is_refused_as_wechat_refuses(simulator: Simulator, send: RawSend) -> None:
    simulator.control.fault("errcode", errcode=45011, openid="anna")
    status, body = answer(send())
    assert (status, json.loads(body)["errcode"]) == (200, 45011)
    assert " rid: " in json.loads(body)["errmsg"]
    assert taken(simulator) == 0


def test_latency_delays_one_answer(simulator: Simulator, send: RawSend) -> None:
    simulator.control.fault("latency", ms=300)
    start = time.monotonic()
    assert answer(send())[0] == 200
    assert time.monotonic() - start >= 0.3


def test_the_message_is_taken_when_it_arrives_though_the_answer_is_slow(
    simulator: Simulator, send: RawSend
) -> None:
    simulator.control.fault("latency", ms=20_000)
    send()
    deadline = time.monotonic() + 5
    while not taken(simulator):
        assert time.monotonic() < deadline


def test_a_fault_leaves_other_paths_alone(simulator: Simulator, send: RawSend) -> None:
    simulator.control.fault("reset_before", path=TOKEN, times=None)
    assert answer(send())[0] == 200
    with pytest.raises(requests.ConnectionError):
        requests.get(simulator.url + TOKEN, timeout=5)


def test_the_control_api_reports_how_often_a_fault_applied(simulator: Simulator, send: RawSend) -> None:
    simulator.control.fault("garbage", after=1)
    for _ in range(3):
        answer(send())
    [fault] = simulator.control.faults()
    assert (fault["matched"], fault["applied"]) == (2, 1)


def test_ending_the_simulator_does_not_wait_for_a_hanging_call(simulator: Simulator, send: RawSend) -> None:
    with Simulator() as other:
        other.control.fault("hang", seconds=60)
        with pytest.raises(requests.Timeout):
            requests.get(other.url + TOKEN, timeout=0.1)
        start = time.monotonic()
    assert time.monotonic() - start < 5
