"""A callback server that records pushes, with scripted answers."""

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
    """`statuses`: the answers to the next pushes, then 200. `delays`: the delays of the next answers, in seconds."""

    url: str
    appid: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    in_progress: int = 0
    most_in_progress: int = 0
    _counting: Lock = field(default_factory=Lock)

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._counting:
            self.in_progress += 1
            self.most_in_progress = max(self.most_in_progress, self.in_progress)
        yield
        with self._counting:
            self.in_progress -= 1

    @property
    def events(self) -> list[Event | None]:
        """The pushed events as minipush reads them, in order of arrival."""
        return [self.read(query, body) for query, body in self.got]

    def read(self, query: dict[str, str], body: bytes) -> Event | None:
        at = 1000 * int(query["timestamp"])
        return read_event(
            Callback(self.appid, TOKEN, KEY, lambda: at, accepts_plain=True).open(query, body).fields
        )


@contextmanager
def receiving(appid: str) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
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

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/wechat/callback", appid)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
