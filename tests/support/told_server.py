"""A server that answers as it is told, instead of AWS, and clients of it."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from threading import Thread
from typing import Any

from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient

from minipush.adapters.dynamodb.plain_json import plain_json_session

KEY, SECRET, SESSION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the-session-token"
RESET = b""
TRIES = 3


@dataclass
class Server:
    """`answers`: to the next requests; then 200 with an empty object. RESET: the connection is reset, unanswered."""

    url: str = ""
    answers: list[tuple[int, bytes] | bytes] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@contextmanager
def running_server() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.lines.append(self.requestline)
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

        do_PUT = do_POST  # noqa: N815  # as http.server names it

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
