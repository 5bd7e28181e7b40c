"""A minimal WeChat in a separate process: `python -m benchmarks.stub MILLISECONDS [FOLDER]`.

It accepts every message, answers after that time, and counts the users it reached. With a folder, it serves TLS and
writes the CA of its certificate there.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from local.processes import ROOT
from local.simulator.certificates import CA_FILE, issue_certificate

OK = b'{"errcode":0,"errmsg":"ok"}'
TOKEN = b'{"access_token":"stub","expires_in":7200}'


class Stub:
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._reached: Counter[str] = Counter()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        match request.path:
            case "/cgi-bin/message/wxopen/template/send" | "/cgi-bin/message/subscribe/send":
                self._reached[(await request.json())["touser"]] += 1
                if self._delay:
                    await asyncio.sleep(self._delay)
                return web.Response(body=OK)
            case "/cgi-bin/stable_token":
                return web.Response(body=TOKEN)
            case "/reached":
                counts, self._reached = self._reached, Counter()
                return web.json_response({"messages": counts.total(), "users": len(counts)})
            case _:
                return web.Response(status=404)


async def serve(delay: float, folder: str) -> None:
    tls, _ = issue_certificate(Path(folder)) if folder else (None, None)
    runner = web.ServerRunner(web.Server(Stub(delay).handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class StubProcess:
    """`ca`: the file of its CA; empty without TLS."""

    url: str
    ca: str

    def reached(self) -> dict[str, Any]:
        """`messages` and `users` since the last time."""
        trusted = ssl.create_default_context(cafile=self.ca) if self.ca else None
        with urllib.request.urlopen(f"{self.url}/reached", context=trusted) as answer:  # noqa: S310
            return dict(json.load(answer))


@contextmanager
def running_stub(milliseconds: int, folder: Path | None) -> Iterator[StubProcess]:
    """With TLS if there is a folder for its CA."""
    command = [sys.executable, "-m", "benchmarks.stub", str(milliseconds), str(folder or "")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            port = int(process.stdout.readline())
            ca = str(folder / CA_FILE) if folder else ""
            yield StubProcess(f"http{'s' if folder else ''}://127.0.0.1:{port}", ca)
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) / 1000, sys.argv[2]))
