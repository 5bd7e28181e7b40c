"""The sockets that libcurl waits for, in one object that the event loop can wait for."""

import select
import selectors
import sys
from contextlib import suppress
from typing import Final, Protocol

import pycurl


class Sockets(Protocol):
    """A socket is known by its number. Libcurl may close it at any time, and the system give its number to another one."""

    def fileno(self) -> int: ...

    def watch(self, number: int, wanted: int) -> None:
        """`wanted`: pycurl's POLL_NONE, POLL_IN, POLL_OUT or POLL_INOUT."""

    def forget(self, number: int) -> None: ...

    def ready(self) -> list[tuple[int, int]]:
        """Numbers, and what to tell libcurl of them: pycurl's CSELECT_IN, CSELECT_OUT or both."""

    def close(self) -> None: ...


class SelectorSockets:
    """For any system."""

    # libcurl and selectors have the same numbers for reading and writing.
    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def fileno(self) -> int:
        return int(self._selector.fileno())

    def watch(self, number: int, wanted: int) -> None:
        self.forget(number)
        if wanted != pycurl.POLL_NONE:
            self._selector.register(number, wanted)

    def forget(self, number: int) -> None:
        with suppress(KeyError):
            self._selector.unregister(number)

    def ready(self) -> list[tuple[int, int]]:
        return [(key.fd, ready) for key, ready in self._selector.select(0)]

    def close(self) -> None:
        self._selector.close()


if sys.platform == "linux":
    _EVENTS: Final = {
        pycurl.POLL_NONE: 0,
        pycurl.POLL_IN: select.EPOLLIN,
        pycurl.POLL_OUT: select.EPOLLOUT,
        pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
    }

    class EpollSockets:
        """One system call for a transfer on a kept connection. The kernel itself forgets a socket that is closed."""

        def __init__(self) -> None:
            self._epoll = select.epoll()

        def fileno(self) -> int:
            return self._epoll.fileno()

        def watch(self, number: int, wanted: int) -> None:
            try:
                self._epoll.modify(number, _EVENTS[wanted])
            except FileNotFoundError:  # new, or another socket under an old number
                self._epoll.register(number, _EVENTS[wanted])

        def forget(self, number: int) -> None:
            with suppress(OSError):
                self._epoll.unregister(number)

        def ready(self) -> list[tuple[int, int]]:
            return [(number, _action(events)) for number, events in self._epoll.poll(0)]

        def close(self) -> None:
            self._epoll.close()

    def _action(events: int) -> int:
        """An error or the end of the connection is to be seen by whoever waits, for reading or for writing."""
        reads = pycurl.CSELECT_IN if events & ~select.EPOLLOUT else 0
        writes = pycurl.CSELECT_OUT if events & ~select.EPOLLIN else 0
        return int(reads | writes)

    new_sockets: type[Sockets] = EpollSockets
else:
    new_sockets = SelectorSockets
