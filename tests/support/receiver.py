"""A callback that keeps what comes to it, and answers as it is told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import parse_qsl, urlsplit

from minipush.wechat.callback import Callback
from minipush.wechat.events import Event, read_event

TOKEN, KEY = "a-token", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ"


@dataclass
class Receiver:
    """`statuses`: what the next pushes are answered with, 200 after them; `delays`: how late, in seconds."""

    url: str
    appid: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _counting: Lock = field(default_factory=Lock)

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._counting:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        yield
        with self._counting:
            self.at_once -= 1

    @property
    def events(self) -> list[Event | None]:
        """As minipush reads them, in the order in which they came."""
        return [self.read(query, body) for query, body in self.got]

    def read(self, query: dict[str, str], body: bytes) -> Event | None:
        at = 1000 * int(query["timestamp"])
        return read_event(Callback(self.appid, TOKEN, KEY, lambda: at).open(query, body))


@contextmanager
def receiving(appid: str) -> Iterator[Receiver]:
    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(parse_qsl(urlsplit(self.path).query)), body))
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            with receiver.counted():
                time.sleep(receiver.delays.pop(0) if receiver.delays else 0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keep) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/wechat/callback", appid)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
