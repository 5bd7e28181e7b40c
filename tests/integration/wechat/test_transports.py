import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from minipush.wechat import ConnectError, LostAnswerError, Request, Response
from minipush.wechat.requests_transport import RequestsTransport
from minipush.wechat.transport import MAX_ANSWER

type Behaviour = Callable[[socket.socket], None]
type Serve = Callable[[Behaviour], str]
type Call = Callable[..., Response]
SEND = Request("POST", "/cgi-bin/message/subscribe/send", {"access_token": "TOKEN"}, b"{}")


def test_a_request_arrives_as_it_was_given(serve: Serve, call: Call, wire: Any) -> None:
    requests: list[bytes] = []

    def ok(connection: socket.socket) -> None:
        requests.append(wire.read_request(connection))
        connection.sendall(wire.answer(b'{"errcode":0}'))

    token = "a+b/c==&d %é"
    body = '{"thing1":{"value":"你好"}}'.encode()
    response = call(serve(ok), Request("POST", "/cgi-bin/x", {"access_token": token}, body))

    assert (response.status, response.body) == (200, b'{"errcode":0}')
    head, _, sent = requests[0].partition(b"\r\n\r\n")
    assert sent == body
    assert b"content-type: application/json" in head.lower()
    assert _query(head) == {"access_token": [token]}


def _query(head: bytes) -> dict[str, list[str]]:
    return parse_qs(urlsplit(head.split()[1].decode()).query)


def test_a_get_has_no_body(serve: Serve, call: Call, wire: Any) -> None:
    requests: list[bytes] = []

    def ok(connection: socket.socket) -> None:
        requests.append(wire.read_request(connection))
        connection.sendall(wire.answer(b"{}"))

    call(serve(ok), Request("GET", "/sns/jscode2session", {"js_code": "c"}))

    assert requests[0].startswith(b"GET /sns/jscode2session?js_code=c HTTP/1.1\r\n")
    assert requests[0].endswith(b"\r\n\r\n")


def test_a_chunked_answer_is_read_whole(serve: Serve, call: Call, wire: Any) -> None:
    def chunked(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"err\r\n')
        connection.sendall(b'8\r\ncode":0}\r\n0\r\n\r\n')

    assert json.loads(call(serve(chunked), SEND).body) == {"errcode": 0}


def test_a_closed_port_was_never_reached(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError):
        call(f"http://127.0.0.1:{port}", SEND)


def test_a_name_that_does_not_resolve_was_never_reached(call: Call) -> None:
    with pytest.raises(ConnectError):
        call("http://api.weixin.invalid", SEND)


def test_a_connect_that_times_out_was_never_reached(call: Call) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [_begin_connect(address) for _ in range(4)]  # fill the backlog: the next SYN is dropped
        with pytest.raises(ConnectError):
            call(f"http://127.0.0.1:{address[1]}", SEND, timeout=0.4)
        for connection in waiting:
            connection.close()


def _begin_connect(address: tuple[str, int]) -> socket.socket:
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(address)
    return connection


@pytest.mark.parametrize("scheme", ["https"])
def test_a_server_with_a_certificate_of_nobodys_was_never_reached(
    serve: Serve, call: Call, wire: Any
) -> None:
    with pytest.raises(ConnectError):
        call(serve(wire.read_request), SEND, ca="")


@pytest.mark.parametrize("scheme", ["https"])
def test_what_is_wrong_with_a_certificate_is_told(serve: Serve, wire: Any) -> None:
    unknown = pytest.raises(ConnectError, match=r"SSLError \(unable to get local issuer certificate\)$")
    with RequestsTransport(serve(wire.read_request)) as transport, unknown:
        transport(SEND, 5)


@pytest.mark.parametrize("scheme", ["http"])
def test_a_certificate_that_curl_trusts_is_trusted(
    serve: Serve, call: Call, wire: Any, tmp_path: Path
) -> None:
    """Python's own context asks an authority for its key usage, which `openssl req -x509` leaves out."""
    tls, ca = certificate_of_a_plain_authority(tmp_path)

    def ok(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) as encrypted:
            wire.read_request(encrypted)
            encrypted.sendall(wire.answer(b'{"errcode":0}'))

    url = serve(ok).replace("http:", "https:")
    assert call(url, SEND, ca=str(ca)).body == b'{"errcode":0}'


def certificate_of_a_plain_authority(folder: Path) -> tuple[ssl.SSLContext, Path]:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, address = x509.BasicConstraints(ca=True, path_length=None), IPv4Address("127.0.0.1")
    ca = certified("CN=CA", ca_key, ca_key, authority)
    own = certified("CN=WeChat", key, ca_key, x509.SubjectAlternativeName([x509.IPAddress(address)]))
    (folder / "ca.pem").write_bytes(ca)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(private + own)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "server.pem")
    return tls, folder / "ca.pem"


def certified(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    ca_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    issuer, subject = (x509.Name.from_rfc4514_string(each) for each in ("CN=CA", name))
    now, day = datetime.now(UTC), timedelta(days=1)
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - day, now + day
    )
    return (
        builder.add_extension(extension, critical=True)
        .sign(ca_key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )


def reset_in_the_request(connection: socket.socket, wire: Any) -> None:
    connection.recv(1)
    wire.reset(connection)


def reset_after_the_request(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    wire.reset(connection)


def close_after_the_request(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.close()


def reset_in_the_answer(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(wire.answer(b'{"errcode":0}')[:-4])
    wire.reset(connection)


def close_in_the_answer(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(wire.answer(b'{"errcode":0}')[:-4])
    connection.close()


def not_http(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(b"220 smtp.example ESMTP\r\n\r\n")
    connection.close()


def huge_body(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(wire.answer(b"x" * (MAX_ANSWER + 1)))


def endless_body(connection: socket.socket, wire: Any) -> None:
    wire.read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


@pytest.mark.parametrize(
    "fault",
    [
        reset_in_the_request,
        reset_after_the_request,
        close_after_the_request,
        reset_in_the_answer,
        close_in_the_answer,
        not_http,
        huge_body,
        endless_body,
    ],
)
def test_after_the_request_began_the_answer_is_lost(serve: Serve, call: Call, wire: Any, fault: Any) -> None:
    with pytest.raises(LostAnswerError):
        call(serve(lambda connection: fault(connection, wire)), SEND)


def test_a_server_that_hangs_loses_the_answer(serve: Serve, call: Call, wire: Any) -> None:
    began = time.monotonic()
    with pytest.raises(LostAnswerError):
        call(serve(wire.read_request), SEND, timeout=0.3)
    assert time.monotonic() - began < 2


def test_a_body_that_drips_ends_with_the_timeout(serve: Serve, call: Call, wire: Any) -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b" ")

    began = time.monotonic()
    with pytest.raises(LostAnswerError):
        call(serve(drip), SEND, timeout=0.4)
    stop.set()
    assert time.monotonic() - began < 2


def test_a_redirect_is_not_followed(serve: Serve, call: Call, wire: Any) -> None:
    connections = 0

    def redirect(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        wire.read_request(connection)
        connection.sendall(wire.answer(b"", "302 Found", b"Location: /elsewhere\r\nConnection: close\r\n"))

    assert call(serve(redirect), SEND).status == 302
    assert connections == 1


def test_an_error_status_is_an_answer(serve: Serve, call: Call, wire: Any) -> None:
    def failing(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(wire.answer(b"<html>", "502 Bad Gateway"))

    assert call(serve(failing), SEND) == Response(502, b"<html>")


def test_the_environments_proxy_is_not_used(
    serve: Serve, call: Call, wire: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    def ok(connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(wire.answer(b"{}"))

    assert call(serve(ok), SEND).status == 200
