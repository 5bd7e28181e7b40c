"""The message centre's stores in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from minipush.domain.centre.apps import App
from minipush.domain.centre.preferences import Preferences


@dataclass
class MemoryPreferences:
    kept: dict[str, Preferences] = field(default_factory=dict)

    def read(self, openid: str) -> Preferences:
        return self.kept.get(openid, Preferences())

    def change(self, openid: str, changes: Mapping[str, Any]) -> Preferences:
        self.kept[openid] = replace(self.read(openid), **changes)
        return self.kept[openid]


@dataclass
class MemoryApps:
    apps: dict[str, App] = field(default_factory=dict)
    live: dict[str, list[str]] = field(default_factory=dict)

    def add(self, app: App, secret: str) -> bool:
        if app.appid in self.apps:
            return False
        self.apps[app.appid], self.live[app.appid] = app, [secret]
        return True

    def read(self, appid: str) -> App | None:
        return self.apps.get(appid)

    def read_many(self, appids: Sequence[str]) -> dict[str, App]:
        return {appid: self.apps[appid] for appid in appids if appid in self.apps}

    def change(self, appid: str, changes: Mapping[str, Any]) -> App | None:
        if found := self.apps.get(appid):
            limits = replace(found.limits, **changes.get("limits", {}))
            self.apps[appid] = replace(found, **{**changes, "limits": limits})
        return self.apps.get(appid)

    def page(self, after: str, limit: int) -> list[App]:
        return [self.apps[appid] for appid in sorted(self.apps) if appid > after][:limit]

    def secrets(self, appid: str) -> tuple[str, ...]:
        return tuple(self.live.get(appid, ()))

    def find_secret(self, secret: str) -> str | None:
        return next((appid for appid, live in self.live.items() if secret in live), None)

    def add_secret(self, appid: str, secret: str) -> bool:
        if appid not in self.apps:
            return False
        self.live[appid] = [secret, *self.live[appid]][:2]
        return True
