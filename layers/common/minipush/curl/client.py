"""HTTP calls, many in flight, over connections that are kept."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import certifi
import pycurl

from minipush.curl.handle import NO_CONNECTION, Call, Connections, CurlAnswer, Handle
from minipush.curl.multi import CurlMulti

MOST_BYTES: Final = 1 << 20


class CurlClient:
    """`ca`: a file of certificates to trust, in PEM; certifi's if empty. `most_bytes`: of an answer.

    Waiting for one of `connections` and connecting take `connect_timeout` seconds at most, and at most half of the
    call's timeout: a request that has begun has time for its answer. `keepalive`: seconds after which an idle
    connection isn't used again. `may_connect`: whether an IP address may be connected to; all may without it. A connection has one request at a time (HTTP/1.1), so its end loses one answer.

    Connections belong to one event loop. In another loop, the client starts afresh.
    """

    def __init__(
        self,
        *,
        ca: str = "",
        connections: int = 100,
        connect_timeout: float = 3.0,
        keepalive: float = 15.0,
        most_bytes: int = MOST_BYTES,
        may_connect: Callable[[str], bool] | None = None,
    ) -> None:
        self._ca = ca
        self._most_connections = connections
        self._connect_timeout = connect_timeout
        self._keepalive = max(1, round(keepalive))
        self._most_bytes = most_bytes
        self._may_connect = may_connect
        self._loop: asyncio.AbstractEventLoop | None = None
        self._multi: CurlMulti | None = None
        self._idle: list[Handle] = []
        self._made = 0
        # Calls that wait for a handle, or for None: the client is closed.
        self._waiting: deque[asyncio.Future[Handle | None]] = deque()
        self._connections: Connections = {}

    async def aclose(self) -> None:
        """Calls in flight are cancelled."""
        multi, self._multi, self._loop, self._made = self._multi, None, None, 0
        self._idle.clear()
        self._connections.clear()
        if multi:
            multi.close()
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
        self._waiting.clear()

    async def call(
        self,
        method: str,
        url: str,
        headers: tuple[str, ...],
        body: bytes,
        timeout: float,  # noqa: ASYNC109  # libcurl keeps it
    ) -> CurlAnswer:
        """`timeout` in seconds, for the whole call. Raises nothing for what the network does. Follows no redirect.

        `headers`: as libcurl takes them, `Name: value`.
        """
        multi = self._multi
        if not multi or multi.is_closed or self._loop is not asyncio.get_running_loop():
            multi = await self._open()
        to_connect, began = min(self._connect_timeout, timeout / 2), time.monotonic()
        handle = self._idle.pop() if self._idle else await self._next_handle(to_connect)
        if not handle:
            return CurlAnswer(NO_CONNECTION)
        try:
            waited = time.monotonic() - began
            limits = _milliseconds(timeout - waited), _milliseconds(to_connect - waited)
            call = Call(method, url, headers, body, *limits)
            answer = await handle.exchange(multi, call, is_fresh=not body)
            if answer.code == pycurl.E_ABORTED_BY_CALLBACK and not answer.was_sent:
                answer = await handle.exchange(multi, call, is_fresh=True)
            return answer
        finally:
            if multi is self._multi:
                self._release(handle)

    async def _open(self) -> CurlMulti:
        await self.aclose()
        self._loop = asyncio.get_running_loop()
        self._multi = CurlMulti(self._most_connections)
        return self._multi

    async def _next_handle(self, seconds: float) -> Handle | None:
        """A new one, or the first that others release. None if that takes too long."""
        if self._made < self._most_connections:
            self._made += 1
            most = 4 * self._most_connections
            return Handle(
                self._ca or certifi.where(),
                self._keepalive,
                self._most_bytes,
                self._connections,
                most,
                self._may_connect,
            )
        waiting: asyncio.Future[Handle | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            await asyncio.wait([waiting], timeout=seconds)
        except asyncio.CancelledError:
            if not waiting.cancel() and (handle := waiting.result()):
                self._release(handle)
            raise
        return None if waiting.cancel() else waiting.result()

    def _release(self, handle: "Handle") -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(handle)
                return
        self._idle.append(handle)


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
