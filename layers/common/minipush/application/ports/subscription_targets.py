"""The operator's subscription targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.prompts import SubscriptionTargets


class TargetStore(Protocol):
    def read(self) -> SubscriptionTargets:
        """Empty targets if none were kept."""
        ...

    def keep(self, targets: SubscriptionTargets) -> None:
        """Replace all targets. Raises StoreError."""
        ...
