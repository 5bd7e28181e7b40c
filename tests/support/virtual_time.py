"""An event loop whose time passes only while every task waits: hours in no time, the same on every run."""

import asyncio
import selectors
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

EPOCH = 1_800_000_000.0


@dataclass
class VirtualTime:
    passed: float = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return EPOCH + self.passed

    def block(self, seconds: float) -> None:
        """Pass time as if code had kept the processor busy."""
        self.passed += seconds

    def run[T](self, main: Coroutine[Any, Any, T]) -> T:
        with asyncio.Runner(loop_factory=lambda: _Loop(self)) as runner:
            return runner.run(main)


class _Selector(selectors.DefaultSelector):
    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("every task waits for ever")
        self._time.passed += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, time: VirtualTime) -> None:
        super().__init__(_Selector(time))
        self._time = time
        self._clock_resolution = 1e-9
        self._executor: ThreadPoolExecutor | None = None

    def time(self) -> float:
        return self._time.passed

    def set_default_executor(self, executor: ThreadPoolExecutor) -> None:  # type: ignore[override]
        self._executor = executor
        super().set_default_executor(executor)

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Asyncio waits `timeout` seconds for another thread, and these pass in no time."""
        if self._executor:
            self._executor.shutdown(wait=True)
        else:
            await super().shutdown_default_executor(timeout)
