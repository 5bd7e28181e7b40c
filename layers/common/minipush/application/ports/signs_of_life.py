"""When parts of the deployment last did something. Every method may raise StoreError. Times are in ms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.service_status import FinishedSweep


class SignsOfLife(Protocol):
    def sweep_finished(self, sweep: FinishedSweep) -> None: ...

    def last_sweep(self) -> FinishedSweep | None: ...

    def push_received(self, at: int) -> None:
        """WeChat's callback got a push that WeChat has signed."""
        ...

    def last_callback(self) -> int | None: ...

    def new_credentials_used(self, mark: str) -> None:
        """WeChat signed a push with new credentials while older ones still counted. `mark`: see `PushCredentials`."""
        ...

    def last_new_credentials(self) -> str | None:
        """Their mark. A push of older credentials does not change it."""
        ...
