"""Worker processes that are started, killed, frozen and replaced, as Lambda's are."""

import multiprocessing
import os
import signal
import time
from typing import Self

from chaos.worker import WorkerConfig, work

# Imports happen once, in the server process, which has no threads.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["chaos.worker"])
LONGER_THAN_A_LEASE = 8.0


class Worker:
    def __init__(self, config: WorkerConfig) -> None:
        self._busy = FORKS.RawValue("b", 0)
        self._process = FORKS.Process(target=work, args=(config, self._busy), daemon=True)
        self._process.start()
        self._frozen_until = 0.0

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    @property
    def is_frozen(self) -> bool:
        return self._frozen_until > 0

    @property
    def is_busy(self) -> bool:
        return self.is_alive and bool(self._busy.value)

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)
        self._frozen_until = time.monotonic() + LONGER_THAN_A_LEASE

    def thaw_if_due(self) -> None:
        if self.is_frozen and time.monotonic() >= self._frozen_until:
            self._signal(signal.SIGCONT)
            self._frozen_until = 0.0

    def _signal(self, number: signal.Signals) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)


class WorkerPool:
    """Keeps `size` workers running until the context ends."""

    def __init__(self, config: WorkerConfig, size: int) -> None:
        self._config = config
        self._size = size

    def __enter__(self) -> Self:
        self._workers = [Worker(self._config) for _ in range(self._size)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()

    def kill_one(self) -> bool:
        """Kill and replace a worker that runs a segment; False if there is none."""
        victim = self._busy_worker()
        if victim:
            victim.kill()
            self._workers.remove(victim)
            self._workers.append(Worker(self._config))
        return victim is not None

    def freeze_one(self) -> bool:
        victim = self._busy_worker()
        if victim:
            victim.freeze()
        return victim is not None

    def check(self) -> None:
        for worker in self._workers:
            assert worker.is_alive, "a worker died by itself"
            worker.thaw_if_due()

    @property
    def is_idle(self) -> bool:
        return not any(worker.is_busy or worker.is_frozen for worker in self._workers)

    def _busy_worker(self) -> Worker | None:
        return next((worker for worker in self._workers if worker.is_busy and not worker.is_frozen), None)
