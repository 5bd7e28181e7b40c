"""Shows progress: on a terminal one line that is rewritten, otherwise a new line every few seconds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

TERMINAL_INTERVAL = 0.1
PIPE_INTERVAL = 3.0


class Progress:
    """`interval`: the least seconds between two updates of a step. None: the default for the stream."""

    def __init__(self, stream: TextIO, interval: float | None = None) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()
        default = TERMINAL_INTERVAL if self._rewrites else PIPE_INTERVAL
        self.interval = default if interval is None else interval

    def say(self, message: str) -> None:
        start = "\r\x1b[K" if self._rewrites else ""
        print(start + message, file=self._stream, flush=True)

    @contextmanager
    def step(self, title: str, total: int) -> Iterator["Step"]:
        step = Step(title, total, self)
        yield step
        self._show(f"{step.line()} in {step.seconds:.1f} s", last=True)

    def show(self, line: str) -> None:
        self._show(line, last=False)

    def _show(self, line: str, *, last: bool) -> None:
        start, end = ("\r\x1b[K", "\n" if last else "") if self._rewrites else ("", "\n")
        print(start + line, end=end, file=self._stream, flush=True)


class Step:
    """Counts up to `total`. Thread-safe."""

    def __init__(self, title: str, total: int, progress: Progress) -> None:
        self._title = title
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()
        self._started = self._shown = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def line(self) -> str:
        return f"{self._title}  {self._done} of {self._total}"

    def tick(self, count: int = 1) -> None:
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._shown >= self._progress.interval:
                self._shown = now
                self._progress.show(self.line())
