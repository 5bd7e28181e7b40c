"""The simulator on a socket: `serving` inside a running event loop, `Simulator` in a thread of its own."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from local.simulator.client import Control
from local.simulator.pusher import pushing
from local.simulator.server import make_server
from local.simulator.world import Start, World

GRACE = 0.1


@asynccontextmanager
async def serving(start: Start, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The URL it listens at, until the context ends; calls still hanging then are cut off."""
    world = World(start)
    async with pushing(world) as pusher:
        runner = web.ServerRunner(make_server(world, pusher), shutdown_timeout=GRACE)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port, backlog=1024)
            await site.start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class Simulator:
    """For tests and tools, sync and async: listens from `with` to its end. `control` is its control API."""

    url: str
    control: Control

    def __init__(self, start: Start | None = None) -> None:
        self.start = start or Start()
        self.appid = self.start.appid
        self.secret = self.start.secret
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="wechat-simulator", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure
        self.control = Control(self.url)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        if self._loop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with serving(self.start) as url:
            self.url = url
            self._ready.set()
            await self._stop.wait()
