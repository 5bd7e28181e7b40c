"""An HTTP server in front of the API, or instead of it, that loses answers, hangs, and breaks connections."""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    @property
    def route(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"


@dataclass(frozen=True)
class Reply:
    """`body` is sent as JSON, unless it is text."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost:
    """The connection breaks instead of an answer, after `seconds`."""

    seconds: float = 0.0


type Answering = Callable[[Request], Reply | Lost]


@dataclass
class UnreliableApi:
    url: str
    requests: list[Request] = field(default_factory=list)

    @property
    def routes(self) -> list[str]:
        return [request.route for request in self.requests]


@contextmanager
def serving(answer: Answering, context: ssl.SSLContext | None = None) -> Iterator[UnreliableApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, self.path, dict(self.headers), body)
            api.requests.append(request)
            reply = answer(request)
            if isinstance(reply, Lost):
                time.sleep(reply.seconds)
                self.close_connection = True
                return
            self.respond(reply)

        def respond(self, reply: Reply) -> None:
            content = (
                reply.body if isinstance(reply.body, str) else json.dumps(reply.body, ensure_ascii=False)
            )
            self.send_response_only(reply.status)
            sent = {"Content-Type": "application/json", "Content-Length": str(len(content.encode()))}
            for name, value in (sent | {"Date": self.date_time_string()} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content.encode())

        do_GET = do_POST = do_PUT = do_PATCH = handle_any  # noqa: N815  # as http.server names them

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        api = UnreliableApi(f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def forwarded(request: Request, url: str) -> Reply:
    """The answer of the API at `url`."""
    headers = {
        name: value
        for name, value in request.headers.items()
        if name.lower() in {"authorization", "content-type", "idempotency-key"}
    }
    sent = urllib.request.Request(url + request.path, request.body or None, headers, method=request.method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return Reply(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read().decode())
