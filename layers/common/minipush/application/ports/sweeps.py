"""The state of a sweep, and what it measures: the pool and the tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from minipush.domain.tag_counts import TagCounts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipush.domain.permits import Permit
    from minipush.domain.pool import PoolMeasure
    from minipush.domain.tag_counts import TagMeasure
    from minipush.domain.users import UserSettings


@dataclass(slots=True)
class Sweep:
    """One pass over all users. `cursor` is opaque: the store's own. None at the start and at the end."""

    measure: PoolMeasure
    tags: TagCounts = field(default_factory=TagCounts)
    removed: int = 0
    cursor: Mapping[str, Any] | None = None
    version: int = 0
    finished: bool = False


class SweepStore(Protocol):
    def resume(self) -> Sweep | None:
        """The unfinished sweep, if there is one."""
        ...

    def page(
        self, cursor: Mapping[str, Any] | None
    ) -> tuple[list[tuple[str, UserSettings | Permit]], Mapping[str, Any] | None]:
        """Settings and permits with their openids, and the cursor of the next page.

        The items of a user come together, settings first, but may continue on the next page.
        """
        ...

    def remove(self, permits: list[tuple[str, Permit]], kept_until: int) -> int:
        """Delete the permits whose `kept_until` is `kept_until` (ms) at most. Returns how many there were."""
        ...

    def save(self, sweep: Sweep) -> bool:
        """Save the cursor and the measures. False if another run has moved the cursor."""
        ...

    def publish(self, sweep: Sweep) -> None:
        """Make the finished measures those of the pool and of the tags."""
        ...

    def pool(self) -> PoolMeasure | None:
        """The last published measure."""
        ...

    def tags(self) -> TagMeasure | None:
        """The last published measure of the tags."""
        ...
