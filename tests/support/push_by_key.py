"""Pushes by a personal key without AWS: events as API Gateway makes them, and a server that does."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from support.centre_addressees import MemoryAddressees
from support.centre_inbox import NOW, REF, MemoryInbox
from support.centre_reminder_queue import QueuedReminders

from minipush.application.centre.push_message import PushMessage
from minipush.application.centre.push_with_key import PushWithKey
from minipush.application.centre.recall_reminder import RecallReminder
from minipush.application.metric_names import Metric
from minipush.domain.centre.inbox import Content, InboxMessage, Level, Sender, SenderKind
from minipush.domain.centre.pushes import Addressee
from minipush.domain.centre.reminders import ChannelKind
from minipush.http.routes.centre.push_by_key import PushByKey, rejected_push_keys

PERSONAL_KEY = "kAbcdefghijklmnopqrstuvw"
ADA = Addressee(
    openid="ada",
    key_ref=REF,
    sender=Sender(SenderKind.KEY, REF, "my server"),
    level=Level.STRONG,
    channels=(ChannelKind.BARK,),
)


class Context:
    aws_request_id = "r-1"


def key_event(
    method: str, target: str, headers: Mapping[str, str], body: bytes, address: str = "203.0.113.7"
) -> dict[str, Any]:
    """`target` as it is on the wire. API Gateway decodes its path, but for %25."""
    path, _, query = target.partition("?")
    decoded = unquote(path.replace("%25", "%2525"))
    return {
        "routeKey": f"{method} {'/push' if path == '/push' else '/p/{proxy+}'}",
        "rawPath": decoded,
        "rawQueryString": query,
        "headers": dict(headers),
        "requestContext": {"http": {"method": method, "path": decoded, "sourceIp": address}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@dataclass
class KeyPushes:
    """Ada has PERSONAL_KEY."""

    store: MemoryInbox = field(default_factory=MemoryInbox)
    queue: QueuedReminders = field(default_factory=QueuedReminders)
    addressees: MemoryAddressees = field(default_factory=MemoryAddressees)
    now: int = NOW
    counted: list[Mapping[Metric, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.addressees.keys[PERSONAL_KEY] = ADA
        push_message = PushMessage(self.store, self.queue, self.addressees.is_there, lambda: self.now)
        recall = RecallReminder(self.queue)
        push = PushWithKey(self.addressees, self.store, push_message, recall, lambda: self.now)
        self.handle: Callable[[dict[str, Any], Any], dict[str, Any]] = PushByKey(
            push, rejected_push_keys(lambda: self.now), lambda: self.now, lambda _: None, self.counted.append
        )

    def stored(self) -> list[InboxMessage]:
        """Ada's messages, the oldest first."""
        return [*self.store.page("ada", 0, None, 100).entries][::-1]

    def contents(self) -> list[Content]:
        return [message.content for message in self.stored()]


@contextmanager
def key_server(pushes: KeyPushes) -> Iterator[str]:
    """The root of a server's addresses. As behind the local stack's gateway, a header tells the path as it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        do_POST = do_GET  # noqa: N815
        do_HEAD = do_GET  # noqa: N815

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent = {name.lower(): value for name, value in self.headers.items()}
            headers = sent | {"x-forwarded-uri": urlsplit(self.path).path}
            answer = pushes.handle(key_event(self.command, self.path, headers, body), Context())
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer["body"].encode())

        def log_message(self, *_: object) -> None:
            """Nothing: paths hold keys."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
