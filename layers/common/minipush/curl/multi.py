"""libcurl's multi interface in the event loop.

pycurl's AsyncCurlMulti adds each socket to the event loop at the start of a transfer and removes it at the end, and runs
a callback for each socket that is ready. Here, the sockets are in an epoll of our own, also while a connection is idle,
and the event loop waits for that epoll: one callback serves all sockets that are ready, and then all transfers that have
ended. (libcurl, CURLMOPT_SOCKETFUNCTION and CURLMOPT_TIMERFUNCTION)
"""

import asyncio
import logging

import pycurl

from minipush.curl.sockets import new_sockets

logger = logging.getLogger(__name__)


class CurlMulti:
    """Belongs to the event loop that runs when it is made. `most_connections`: how many are kept while idle."""

    def __init__(self, most_connections: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._futures: dict[pycurl.Curl, asyncio.Future[int]] = {}
        self._sockets = new_sockets()
        self._idle: set[int] = set()
        self._is_starting = False
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._multi = multi = pycurl.CurlMulti(close_handles=True)  # type: ignore[call-arg]  # typeshed lacks it
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        multi.setopt(pycurl.M_MAXCONNECTS, most_connections)
        self._loop.add_reader(self._sockets, self._serve_sockets)

    @property
    def is_closed(self) -> bool:
        return bool(self._multi.closed)

    def start(self, curl: pycurl.Curl) -> asyncio.Future[int]:
        """Start the transfer. Its result is libcurl's code; 0: there is an answer."""
        future = self._futures[curl] = asyncio.Future(loop=self._loop)
        self._multi.add_handle(curl)
        return future

    def stop(self, curl: pycurl.Curl) -> None:
        """Stop a transfer that nobody waits for any more."""
        if self._futures.pop(curl, None):
            self._multi.remove_handle(curl)

    def close(self) -> None:
        """Transfers in flight are cancelled."""
        if self.is_closed:
            return
        for future in self._futures.values():
            future.cancel()
        self._futures.clear()
        if self._timer:
            self._timer.cancel()
        self._loop.remove_reader(self._sockets)
        self._multi.close()
        self._sockets.close()

    def _watch(self, wanted: int, number: int, _multi: object, _data: object) -> None:
        """A socket stays watched after its transfer: most connections are used again soon."""
        if wanted == pycurl.POLL_REMOVE:
            self._idle.add(number)
            return
        self._idle.discard(number)
        self._sockets.watch(number, wanted)

    def _serve_sockets(self) -> None:
        for number, action in self._sockets.ready():
            if number in self._idle:  # its end, or bytes that nobody asked for
                self._sockets.forget(number)
            else:
                self._act(number, action)
        self._finish()

    def _act(self, number: int, action: int) -> None:
        try:
            self._multi.socket_action(number, action)
        except pycurl.error:
            logger.exception("libcurl gave up")
            self._give_up()

    def _give_up(self) -> None:
        """Nothing comes of any transfer any more."""
        for future in self._futures.values():
            if not future.done():
                future.set_result(pycurl.E_FAILED_INIT)
        self.close()

    def _finish(self) -> None:
        _, done, failed = self._multi.info_read()
        for curl in done:
            self._end(curl, 0)
        for curl, code, _ in failed:
            self._end(curl, code)

    def _end(self, curl: pycurl.Curl, code: int) -> None:
        future = self._futures.pop(curl)
        self._multi.remove_handle(curl)
        if not future.done():
            future.set_result(code)

    def _set_timer(self, milliseconds: int) -> None:
        """Replaces the last one; -1: none. The event loop's own is moved only if it would fire too late."""
        if milliseconds == 0:
            self._due = None
            self._start_soon()
            return
        self._due = self._loop.time() + milliseconds / 1000 if milliseconds > 0 else None
        if self._due and (not self._timer or self._timer.when() > self._due):
            self._arm(self._due)

    def _start_soon(self) -> None:
        if not self._is_starting:
            self._is_starting = True
            self._loop.call_soon(self._start)

    def _start(self) -> None:
        self._is_starting = False
        self._serve_timer()

    def _arm(self, due: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._arm(self._due)
        else:
            self._due = None
            self._serve_timer()

    def _serve_timer(self) -> None:
        if not self.is_closed:
            self._act(pycurl.SOCKET_TIMEOUT, 0)
            self._finish()
