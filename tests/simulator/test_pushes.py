"""What the simulator pushes, as its callback gets it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from local.simulator.simulator import Simulator
from minipush.wechat.callback import Callback
from minipush.wechat.events import ChangeEvent, Choice, read_event

TOKEN, KEY = "a-token", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ"
ENTRIES = [
    {"TemplateId": "T1", "SubscribeStatusString": "reject"},
    {"TemplateId": "T<2>", "SubscribeStatusString": "reject"},
]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def got() -> Iterator[dict[str, Any]]:
    """A callback that keeps what came: its url, then query and body."""
    kept: dict[str, Any] = {}

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept["query"] = dict(parse_qsl(urlsplit(self.path).query))
            kept["body"] = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Keep) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        kept["url"] = f"http://127.0.0.1:{server.server_port}/wechat/callback"
        yield kept
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("key", [{}, {"encoding_aes_key": KEY}], ids=["plain", "secure"])
@pytest.mark.parametrize("written", ["json", "xml"])
@pytest.mark.parametrize("count", [1, 2])
def test_an_event_arrives_signed_and_whole(
    simulator: Simulator, got: dict[str, Any], key: dict[str, str], written: str, count: int
) -> None:
    answer = simulator.control.push(
        url=got["url"],
        token=TOKEN,
        format=written,
        openid="anna",
        event="subscribe_msg_change_event",
        entries=ENTRIES[:count],
        **key,
    )
    assert answer == {"status": 200, "answer": "success"}
    at = int(got["query"]["timestamp"])
    opened = Callback(simulator.appid, TOKEN, KEY, lambda: 1000 * at).open(got["query"], got["body"])
    choices = tuple(Choice(entry["TemplateId"], "reject") for entry in ENTRIES[:count])
    assert read_event(opened) == ChangeEvent("anna", at, choices)
    assert (b"anna" in got["body"]) is (not key)


def test_a_callback_that_is_not_there_is_told_of(simulator: Simulator) -> None:
    wanted = {
        "url": "http://127.0.0.1:1/",
        "token": TOKEN,
        "openid": "anna",
        "event": "e",
        "entries": ENTRIES,
    }
    answer = requests.post(f"{simulator.url}/_simulator/pushes", json=wanted, timeout=30)
    assert answer.status_code == 502
    assert requests.post(f"{simulator.url}/_simulator/pushes", data="{", timeout=30).status_code == 400
