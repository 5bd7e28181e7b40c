"""Apps and their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from minipush.domain.centre.apps import App


class AppStore(Protocol):
    """Secrets are stored encrypted, two of an app at most. Every method raises StoreError."""

    def add(self, app: App, secret: str) -> bool:
        """False if there is an app of this appid."""
        ...

    def read(self, appid: str) -> App | None: ...

    def read_many(self, appids: Sequence[str]) -> dict[str, App]:
        """Those that exist, by their appids."""
        ...

    def change(self, appid: str, changes: Mapping[str, Any]) -> App | None:
        """Change fields of App that an operator registers. None if there is no such app.

        `limits` has the limits that change, by their names. The others stay, also if two are changed at the same time.
        """
        ...

    def page(self, after: str, limit: int) -> list[App]:
        """Apps by their appids, from the one after `after` on."""
        ...

    def secrets(self, appid: str) -> tuple[str, ...]:
        """The app's secrets, the newest first; empty if there is no such app."""
        ...

    def find_secret(self, secret: str) -> str | None:
        """The appid of the app that has this secret."""
        ...

    def add_secret(self, appid: str, secret: str) -> bool:
        """Give the app a further secret. Of two that it had, the older one ends. False if there is no such app."""
        ...
