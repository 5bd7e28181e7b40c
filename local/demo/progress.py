"""Progress as a person wants it: one line that rewrites itself; on a pipe, a line every few seconds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

EVERY_ON_A_TERMINAL = 0.1
EVERY_ON_A_PIPE = 3.0


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()

    def say(self, what: str) -> None:
        start = "\r\x1b[K" if self._rewrites else ""
        print(start + what, file=self._stream, flush=True)

    @contextmanager
    def step(self, what: str, total: int) -> Iterator["Step"]:
        step = Step(what, total, self)
        yield step
        self._show(f"{step.line()} in {step.seconds:.1f} s", last=True)

    def due_in(self) -> float:
        return EVERY_ON_A_TERMINAL if self._rewrites else EVERY_ON_A_PIPE

    def show(self, line: str) -> None:
        self._show(line, last=False)

    def _show(self, line: str, *, last: bool) -> None:
        start, end = ("\r\x1b[K", "\n" if last else "") if self._rewrites else ("", "\n")
        print(start + line, end=end, file=self._stream, flush=True)


class Step:
    """Counts up to `total`, from any thread."""

    def __init__(self, what: str, total: int, progress: Progress) -> None:
        self._what = what
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()
        self._started = self._shown = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def line(self) -> str:
        return f"{self._what}  {self._done} of {self._total}"

    def tick(self, count: int = 1) -> None:
        with self._lock:
            self._done += count
            now = time.monotonic()
            if now - self._shown >= self._progress.due_in():
                self._shown = now
                self._progress.show(self.line())
