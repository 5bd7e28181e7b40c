"""No secret, token, code or session_key in an exception, a repr or a log, whatever fails and however much is logged."""

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from minipush.wechat import ConnectError, MemoryTokenStore, Request, Response, Token, TokenSource, WeChatError
from minipush.wechat.curl_transport import CurlTransport
from minipush.wechat.requests_transport import RequestsTransport
from minipush.wechat.sender import Sender
from minipush.wechat.sessions import Sessions
from minipush.wechat.templates import AccountTemplates

SECRETS = ("S3CRET", "T0KEN", "C0DE", "SESSI0N")
# tracebacks quote lines of this file: they may name the secrets, not spell them
SECRET, TOKEN, JS_CODE, _ = SECRETS
QUERY = {"access_token": TOKEN, "secret": SECRET, "js_code": JS_CODE}
BODY = SECRET.encode()
CUT_SHORT = b'{"access_token":"T0KEN"'
type Behaviour = Callable[[socket.socket], None]
type Serve = Callable[[Behaviour], str]
type Call = Callable[..., Response]


class _Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(record.__dict__))


@pytest.fixture(autouse=True)
def everything_logged() -> Iterator[_Everything]:
    """A root handler at DEBUG, as an application might set it up; whatever it saw must hold no secret."""
    root, handler = logging.getLogger(), _Everything()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert_silent("\n".join(handler.lines))


def assert_silent(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


def all_that_it_says(error: BaseException | None) -> str:
    """An exception, its arguments and attributes, and every exception behind it, suppressed or not."""
    if error is None:
        return ""
    said = [repr(error), str(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
    return "\n".join(said) + all_that_it_says(error.__cause__) + all_that_it_says(error.__context__)


def closes(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)


def resets(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    wire.reset(connection)


def garbage(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(b"\x00 T0KEN S3CRET\r\n\r\n")
    connection.close()


def cut_short(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(wire.answer(b'{"access_token":"T0KEN"}')[:-3])
    connection.close()


def bad_chunks(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nT0KEN\r\n")
    connection.close()


def bad_gzip(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(wire.answer(b"T0KEN", headers=b"Content-Encoding: gzip\r\n"))


@pytest.mark.parametrize("fault", [closes, resets, garbage, cut_short, bad_chunks, bad_gzip])
def test_a_request_that_fails_says_no_secret(serve: Serve, call: Call, wire: Any, fault: Any) -> None:
    base_url = serve(lambda connection: fault(connection, wire))
    with pytest.raises(WeChatError) as failed:
        call(base_url, Request("POST", "/x", QUERY, BODY), 0.5)
    assert_silent(all_that_it_says(failed.value))


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:1", "http://x.invalid", "https://127.0.0.1:1"])
def test_a_request_that_never_left_says_no_secret(call: Call, base_url: str) -> None:
    with pytest.raises(ConnectError) as failed:
        call(base_url, Request("GET", "/x", QUERY), 2.0)
    assert_silent(all_that_it_says(failed.value))


def test_a_request_that_succeeds_says_no_secret(
    serve: Serve, call: Call, wire: Any, everything_logged: _Everything
) -> None:
    def ok(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(wire.answer(b"T0KEN", headers=b"Set-Cookie: a=T0KEN\r\n"))

    assert_silent(repr(call(serve(ok), Request("POST", "/x", QUERY, BODY))))


def test_the_http_librarys_log_is_redacted_and_not_silenced(
    serve: Serve, ca: str, wire: Any, everything_logged: _Everything
) -> None:
    def ok(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(wire.answer(b"{}"))

    with RequestsTransport(serve(ok), ca=ca) as transport:
        transport(Request("GET", "/cgi-bin/token", QUERY), 5)
    assert any("/cgi-bin/token?access_token=…&secret=…&js_code=…" in line for line in everything_logged.lines)


def test_reprs_say_no_secret() -> None:
    everything = [
        Request("GET", "/x", QUERY, BODY),
        Response(200, b"T0KEN"),
        Token("T0KEN", 1.0),
        MemoryTokenStore(),
        TokenSource(lambda request, timeout: Response(200, b""), "wx1", SECRET, MemoryTokenStore()),
    ]
    assert_silent(repr(everything) + str(everything))


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 40125, "errmsg": "S3CRET is wrong"},
        {"errcode": "T0KEN"},
        {"access_token": "T0KEN"},
        {"openid": "", "session_key": "SESSI0N"},
        ["T0KEN"],
        "T0KEN",
    ],
    ids=repr,
)
def test_an_answer_that_is_refused_says_no_secret(answer: object) -> None:
    def transport(request: Request, timeout: float) -> Response:
        return Response(200, json.dumps(answer).encode())

    with pytest.raises(WeChatError) as no_token:
        TokenSource(transport, "wx1", SECRET, MemoryTokenStore()).current()
    with pytest.raises(WeChatError) as no_session:
        Sessions(transport, "wx1", SECRET).log_in(JS_CODE)
    assert_silent(all_that_it_says(no_token.value) + all_that_it_says(no_session.value))


def test_a_code_that_is_refused_is_not_said() -> None:
    body = b'{"errcode":40029,"errmsg":"C0DE is wrong, S3CRET as well"}'
    with pytest.raises(WeChatError) as no_session:
        Sessions(lambda request, timeout: Response(200, body), "wx1", SECRET).log_in(JS_CODE)
    assert_silent(all_that_it_says(no_session.value))


def test_an_answer_that_is_not_json_says_no_secret() -> None:
    with pytest.raises(WeChatError) as no_token:
        TokenSource(
            lambda request, timeout: Response(200, CUT_SHORT),
            "wx1",
            "S3CRET",
            MemoryTokenStore(),
        ).current()
    assert_silent(all_that_it_says(no_token.value))


def test_a_login_keeps_no_session_key() -> None:
    body = b'{"openid":"o1","session_key":"SESSI0N"}'
    session = Sessions(lambda request, timeout: Response(200, body), "wx1", SECRET).log_in(JS_CODE)
    assert_silent(repr(session))


def test_sends_that_fail_in_every_way_log_no_secret(serve: Serve, wire: Any) -> None:
    def wechat(connection: socket.socket) -> None:
        while request := wire.read_request(connection):
            if b"stable_token" in request:
                connection.sendall(wire.answer(b'{"access_token":"T0KEN","expires_in":7200}'))
            elif b"template" in request:
                connection.sendall(wire.answer(b'{"errcode":40001,"errmsg":"T0KEN is invalid"}'))
            else:
                wire.reset(connection)
                return

    async def send_both(base_url: str) -> None:
        with RequestsTransport(base_url) as to_tokens:
            tokens = TokenSource(to_tokens, "wx1", SECRET, MemoryTokenStore(), sleep=lambda _: None)
            async with CurlTransport(base_url) as transport:
                sender = Sender(transport, tokens)
                replies = [await sender.send_template(b"{}", 5), await sender.send_subscribe(b"{}", 5)]
                assert_silent(repr(replies))

    asyncio.run(send_both(serve(wechat)), debug=True)


@pytest.mark.parametrize(
    "refusal", [b'{"errcode":45009,"errmsg":"T0KEN"}', b'{"data":"T0KEN"}', b"T0KEN", None]
)
def test_templates_that_cannot_be_read_say_no_secret(serve: Serve, wire: Any, refusal: bytes | None) -> None:
    def wechat(connection: socket.socket) -> None:
        while request := wire.read_request(connection):
            if b"stable_token" in request:
                connection.sendall(wire.answer(b'{"access_token":"T0KEN","expires_in":7200}'))
            elif refusal is not None:
                connection.sendall(wire.answer(refusal))
            else:
                wire.reset(connection)
                return

    with RequestsTransport(serve(wechat)) as transport:
        tokens = TokenSource(transport, "wx1", SECRET, MemoryTokenStore())
        with pytest.raises(WeChatError) as failed:
            AccountTemplates(transport, tokens).read()
    assert_silent(all_that_it_says(failed.value))
