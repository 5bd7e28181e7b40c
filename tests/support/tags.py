"""The tags of a MemoryStore's users. It passes the contract suite of the real adapter."""

from collections.abc import Sequence
from dataclasses import replace

from support.memory import MemoryStore

from minipush.application.ports.tags import ListedUsers, TagChange
from minipush.domain.users import UserSettings

PAGE = 3


class MemoryTagStore:
    def __init__(self, store: MemoryStore) -> None:
        self._settings = store.settings
        self._permits = store.permits

    def read(self, openids: Sequence[str]) -> dict[str, frozenset[str]]:
        return {
            openid: frozenset(self._settings[openid].tags) for openid in openids if openid in self._settings
        }

    def replace(self, changes: Sequence[TagChange]) -> list[bool]:
        return [self._replace(change) for change in changes]

    def _replace(self, change: TagChange) -> bool:
        if self.read([change.openid]).get(change.openid) != change.before:
            return False
        settings = self._settings.get(change.openid, UserSettings())
        self._settings[change.openid] = replace(settings, tags=tuple(sorted(change.after)))
        return True

    def list_users(self, tag: str | None, after: str | None) -> ListedUsers:
        rest = sorted(openid for openid in {*self._settings, *self._permits} if openid > (after or ""))
        page = rest[:PAGE]
        found = tuple(openid for openid in page if tag is None or tag in self._tags(openid))
        return ListedUsers(found, page[-1] if len(rest) > PAGE else None)

    def _tags(self, openid: str) -> tuple[str, ...]:
        return self._settings.get(openid, UserSettings()).tags
