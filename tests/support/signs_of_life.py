"""Signs of life in memory. It passes the contract suite of the real store."""

from dataclasses import dataclass

from minipush.domain.service_status import FinishedSweep


@dataclass(slots=True)
class MemorySignsOfLife:
    sweep: FinishedSweep | None = None
    callback: int | None = None
    credentials: str | None = None

    def sweep_finished(self, sweep: FinishedSweep) -> None:
        self.sweep = sweep

    def last_sweep(self) -> FinishedSweep | None:
        return self.sweep

    def push_received(self, at: int) -> None:
        self.callback = at

    def last_callback(self) -> int | None:
        return self.callback

    def new_credentials_used(self, mark: str) -> None:
        self.credentials = mark

    def last_new_credentials(self) -> str | None:
        return self.credentials
