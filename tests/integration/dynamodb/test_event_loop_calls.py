"""Calls to DynamoDB over the event loop, against a server that answers as it is told."""

import asyncio
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from mypy_boto3_dynamodb import DynamoDBClient

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.errors import StoreError

KEY, SECRET, SESSION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the-session-token"
RESET = b""
BUSY = (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}')
INVALID = (400, b'{"__type":"com.amazon.coral.validate#ValidationException","message":"has a secret item"}')
FAILED = (500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}')
TRIES = 3


@dataclass
class Server:
    """`answers`: to the next requests; then 200 with an empty object. RESET: the connection is reset, unanswered."""

    url: str = ""
    answers: list[tuple[int, bytes] | bytes] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append(({name.lower(): text for name, text in self.headers.items()}, body))
            answer = told.answers.pop(0) if told.answers else (200, b"{}")
            if isinstance(answer, bytes):
                self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        told.url = f"http://127.0.0.1:{httpd.server_port}"
        Thread(target=httpd.serve_forever, daemon=True).start()
        yield told
        httpd.shutdown()


def client_of(url: str) -> DynamoDBClient:
    config = Config(
        connect_timeout=0.5, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": TRIES}
    )
    client: DynamoDBClient = plain_json_session().client(
        "dynamodb",
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=SESSION,
        config=config,
    )
    return client


def call(server: Server, body: bytes = b'{"TableName":"t"}') -> dict[str, Any]:
    async def one() -> dict[str, Any]:
        return await EventLoopCalls(client_of(server.url))("Scan", body)

    return asyncio.run(one())


def test_a_call_is_signed_as_botocore_signs_it(server: Server) -> None:
    call(server)
    [(headers, body)] = server.requests
    signed = re.search(r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", headers["authorization"])
    assert signed
    kept = {name: headers[name] for name in signed[1].split(";") if name != "host"}
    request = AWSRequest("POST", f"{server.url}/", kept, body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials(KEY, SECRET, SESSION), "dynamodb", "eu-west-1")
    canonical = auth.canonical_request(request)
    assert auth.signature(auth.string_to_sign(request, canonical), request) == signed[2]
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed[1].split(";"))
    assert headers["x-amz-target"] == "DynamoDB_20120810.Scan"
    assert headers["content-type"] == "application/x-amz-json-1.0"


@pytest.mark.parametrize("answer", [BUSY, FAILED, RESET, (503, b"<html>"), (200, b"")])
def test_what_is_busy_or_may_be_lost_is_repeated(server: Server, answer: tuple[int, bytes] | bytes) -> None:
    server.answers = [answer, (200, b'{"Count":1}')]
    assert call(server) == {"Count": 1}
    assert len(server.requests) == 2


def test_a_call_is_given_up_after_the_clients_own_number_of_tries(server: Server) -> None:
    server.answers = [BUSY] * 9
    with pytest.raises(StoreError, match="ProvisionedThroughputExceededException"):
        call(server)
    assert len(server.requests) == TRIES


def test_a_refusal_is_not_repeated_and_its_message_not_told(server: Server) -> None:
    server.answers = [INVALID]
    with pytest.raises(StoreError, match=r"^ValidationException$"):
        call(server)
    assert len(server.requests) == 1


def test_a_table_out_of_reach_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="CURLE_COULDNT_CONNECT"):
        call(Server("http://127.0.0.1:1"))


def test_calls_go_on_in_a_second_event_loop(server: Server) -> None:
    calls = EventLoopCalls(client_of(server.url))

    async def three() -> None:
        for n in range(3):
            await calls("Scan", json.dumps({"n": n}).encode())

    asyncio.run(three())
    asyncio.run(three())
    assert [json.loads(body)["n"] for _, body in server.requests] == [0, 1, 2, 0, 1, 2]
