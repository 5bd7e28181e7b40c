"""All the servers on sockets: `serving` inside a running event loop, `Providers` in its own thread."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web
from aiosmtpd.smtp import SMTP

from local.providers.client import ProvidersControl
from local.providers.server import make_server
from local.providers.state import ProvidersOptions, ProvidersState

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ProviderUrls:
    """`sms`: Aliyun's and Tencent's. The control API is at both HTTP addresses."""

    bark: str
    sms: str
    smtp: str


@asynccontextmanager
async def serving(options: ProvidersOptions) -> AsyncIterator[ProviderUrls]:
    """The end of the context cuts off calls that still hang."""
    state = ProvidersState(options)
    runner = web.ServerRunner(make_server(state), shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    implicit = options.smtp.tls if options.smtp.is_implicit else None

    def mail_connection() -> SMTP:
        return state.mail.protocol()  # a reset makes a new one

    mail = await asyncio.get_running_loop().create_server(mail_connection, HOST, 0, ssl=implicit)
    try:
        for _ in ("bark", "sms"):
            await web.TCPSite(runner, HOST, 0, backlog=1024).start()
        bark, sms = (f"http://{HOST}:{address[1]}" for address in runner.addresses)
        port, scheme = mail.sockets[0].getsockname()[1], "smtps" if implicit else "smtp"
        yield ProviderUrls(bark, sms, f"{scheme}://{HOST}:{port}")
    finally:
        mail.close()
        mail.abort_clients()
        await runner.cleanup()


class Providers:
    """A context manager for tests and tools, sync or async. `control` calls the control API."""

    urls: ProviderUrls
    control: ProvidersControl

    def __init__(self, options: ProvidersOptions | None = None) -> None:
        self.options = options or ProvidersOptions()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="providers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise self._failure
        self.control = ProvidersControl(self.urls.bark)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self.control.close()
        loop, self._loop = self._loop, None
        if loop:
            loop.call_soon_threadsafe(self._stop.set)
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
        async with serving(self.options) as self.urls:
            self._ready.set()
            await self._stop.wait()
