"""A minimal WeChat in a separate process: `python -m benchmarks.stub MILLISECONDS`.

It accepts every message, answers after that time, and counts the users it reached.
"""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from local.processes import ROOT

OK = b'{"errcode":0,"errmsg":"ok"}'
TOKEN = b'{"access_token":"stub","expires_in":7200}'


class Stub:
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._reached: Counter[str] = Counter()

    async def handle(self, request: web.BaseRequest) -> web.Response:
        match request.path:
            case "/cgi-bin/message/wxopen/template/send":
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


async def serve(delay: float) -> None:
    runner = web.ServerRunner(web.Server(Stub(delay).handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


@contextmanager
def running_stub(milliseconds: int) -> Iterator[str]:
    """Yields its URL."""
    command = [sys.executable, "-m", "benchmarks.stub", str(milliseconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def reached(url: str) -> dict[str, Any]:
    """`messages` and `users` since the last time."""
    with urllib.request.urlopen(f"{url}/reached") as answer:  # noqa: S310
        return dict(json.load(answer))


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) / 1000))
