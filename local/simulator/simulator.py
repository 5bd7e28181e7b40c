"""The simulator on a socket: `serving` inside a running event loop, `Simulator` in its own thread."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web

from local.simulator.client import Control
from local.simulator.pushes.pusher import pushing
from local.simulator.server import make_server
from local.simulator.state import SimulatorOptions, SimulatorState

SHUTDOWN_SECONDS = 0.1


@asynccontextmanager
async def serving(
    options: SimulatorOptions, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Yield the URL. The end of the context cuts off calls that still hang."""
    state = SimulatorState(options)
    async with pushing(state) as pusher:
        runner = web.ServerRunner(make_server(state, pusher), shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, port, backlog=1024, ssl_context=tls)
            await site.start()
            yield f"{'https' if tls else 'http'}://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


class Simulator:
    """A context manager for tests and tools, sync or async. `control` calls its control API."""

    url: str
    control: Control
    ca = ""

    def __init__(self, options: SimulatorOptions | None = None) -> None:
        self.options = options or SimulatorOptions()
        self.appid = self.options.appid
        self.secret = self.options.secret
        self.official_appid = self.options.official_appid
        self.official_secret = self.options.official_secret
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
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with serving(self.options) as url:
            self.url = url
            self._ready.set()
            await self._stop.wait()
