"""The sweep's own state, and the measure it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from minipush.domain.permits import Permit
from minipush.domain.pool import PoolMeasure
from minipush.domain.users import Settings


@dataclass(slots=True)
class Sweep:
    """How far a pass over all users has come; `cursor` is the store's own, None at the end."""

    measure: PoolMeasure
    removed: int = 0
    cursor: Mapping[str, Any] | None = None
    version: int = 0
    finished: bool = False


class SweepStore(Protocol):
    def resume(self) -> Sweep | None:
        """The pass that was left unfinished."""
        ...

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, Settings | Permit]], Mapping[str, Any] | None]:
        """Some settings and permits with their openids, and where the next page begins.

        A user's come together, settings first, but may go on with the next page. Settings are without tags.
        """
        ...

    def remove(self, permits: list[tuple[str, Permit]], kept_until: int) -> int:
        """Delete those that are kept until then (ms) at most; how many were there to delete."""
        ...

    def save(self, sweep: Sweep) -> bool:
        """Keep the pass's place; False when another sweep has moved it meanwhile."""
        ...

    def publish(self, sweep: Sweep) -> None:
        """Make the finished measure the pool's."""
        ...

    def pool(self) -> PoolMeasure | None: ...
