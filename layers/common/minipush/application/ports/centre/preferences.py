"""How users want to be reminded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from minipush.domain.centre.preferences import Preferences


class PreferenceStore(Protocol):
    """Every method raises StoreError."""

    def read(self, openid: str) -> Preferences:
        """The default ones for a user who never set any."""
        ...

    def change(self, openid: str, changes: Mapping[str, Any]) -> Preferences:
        """Set the given fields of Preferences, and keep the others as they are at that moment. Returns all of them."""
        ...
