"""A provider of reminders that takes them over sockets, loses answers, and kills workers at the worst moments."""

import json
import os
import random
import signal
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from minipush.domain.centre.reminders import ChannelKind

# These drop a reminder that they had before.
DROP_REPEATS = (ChannelKind.BARK, ChannelKind.OFFICIAL)
ACCEPTED, BUSY, REFUSED, UNHEARD = "accepted", "busy", "refused", "unheard"

# More than a worker needs to write down what it has found.
SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of the calls. A kill comes before the reminder is taken, or after it and before the answer.

    `lost_of`: where the share of a kind is another.
    """

    kills: float = 0.0
    lost: float = 0.0
    lost_of: Mapping[ChannelKind, float] = field(default_factory=dict)
    busy: float = 0.0
    refused: float = 0.0


@dataclass
class Provider:
    """`taken`: how often each reminder was taken, by channel; `shown`: how often a user saw it.

    `found`: reminders of which a worker was told that they were taken, with its pid and the time.
    `killed`: when each worker died, by pid.
    """

    faults: Faults
    chance: random.Random
    taken: dict[ChannelKind, Counter[str]] = field(default_factory=dict)
    shown: dict[ChannelKind, Counter[str]] = field(default_factory=dict)
    calls: list[tuple[ChannelKind, str, bool]] = field(default_factory=list)
    found: list[tuple[str, int, float]] = field(default_factory=list)
    killed: dict[int, float] = field(default_factory=dict)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = {kind: Counter[str]() for kind in ChannelKind}
        self.shown = {kind: Counter[str]() for kind in ChannelKind}

    def answer(self, kind: ChannelKind, id_: str, pid: int, *, is_repeat: bool) -> str | None:
        """None: the connection breaks."""
        with self._lock:
            self.calls.append((kind, id_, is_repeat))
            if self.chance.random() < self.faults.kills / 2:
                return self._kill(pid)
            if self.chance.random() < self.faults.busy:
                return BUSY
            if self.chance.random() < self.faults.refused:
                return REFUSED
            self._take(kind, id_)
            if self.chance.random() < self.faults.kills / 2:
                return self._kill(pid)
            lost = self.faults.lost_of.get(kind, self.faults.lost)
            return None if self.chance.random() < lost else ACCEPTED

    def find(self, kind: ChannelKind, id_: str, pid: int) -> str | None:
        """A list of messages doesn't tell what it has never seen from what will still come into it."""
        with self._lock:
            if self.chance.random() < self.faults.kills:
                return self._kill(pid)
            if not self.taken[kind][id_]:
                return UNHEARD
            self.found.append((id_, pid, time.monotonic()))
            return ACCEPTED

    def written_down(self) -> set[str]:
        """The reminders that were found by workers who lived on to write it down."""
        return {
            id_
            for id_, pid, at in self.found
            if self.killed.get(pid, at + SETTLE_SECONDS) >= at + SETTLE_SECONDS
        }

    def _take(self, kind: ChannelKind, id_: str) -> None:
        self.taken[kind][id_] += 1
        if kind not in DROP_REPEATS or not self.shown[kind][id_]:
            self.shown[kind][id_] += 1

    def _kill(self, pid: int) -> str | None:
        self.killed.setdefault(pid, time.monotonic())
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return None


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked = json.loads(self.rfile.readline())
            kind, id_ = ChannelKind(asked["kind"]), asked["id"]
            if asked["is_question"]:
                said = provider.find(kind, id_, asked["pid"])
            else:
                said = provider.answer(kind, id_, asked["pid"], is_repeat=asked["is_repeat"])
            if said:
                self.wfile.write(f"{said}\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        provider.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
