"""The operator's subscription targets."""

from typing import Protocol

from minipush.domain.prompts import SubscriptionTargets


class TargetStore(Protocol):
    def read(self) -> SubscriptionTargets:
        """Empty targets if none were kept."""
        ...

    def keep(self, targets: SubscriptionTargets) -> None:
        """Replace all targets. Raises StoreError."""
        ...
