"""Apps by their secrets and appids, as a process knows them."""

from dataclasses import dataclass

from minipush.application.ports.centre.apps import AppStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.apps import App

# A ban takes effect everywhere after that.
KEPT_MS = 5_000
KEPT_APPS = 1_000


@dataclass(frozen=True, slots=True)
class _Known:
    app: App | None
    at: int


class KnownApps:
    """Remembers what it read of an app for five seconds. Secrets are looked up each time: one that ended is refused."""

    def __init__(self, store: AppStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def read(self, appid: str) -> App | None:
        """Raises StoreError."""
        now = self._clock()
        known = self._known.get(appid)
        if known is None or not 0 <= now - known.at < KEPT_MS:
            if len(self._known) >= KEPT_APPS:
                self._known.clear()
            known = self._known[appid] = _Known(self._store.read(appid), now)
        return known.app

    def find(self, secret: str) -> App | None:
        """Whose secret it is. Raises StoreError."""
        appid = self._store.find_secret(secret)
        return self.read(appid) if appid else None
