"""Repeat the sync of the templates, once an operator has made the first one."""

from minipush.application.messages.sync_templates import SyncTemplates
from minipush.application.ports.templates import TemplateStore


class RefreshTemplates:
    def __init__(self, store: TemplateStore, sync: SyncTemplates) -> None:
        self._store = store
        self._sync = sync

    def __call__(self) -> int | None:
        """The number of templates, None without a first sync. Raises WeChatUnavailableError, StoreError."""
        if self._store.read() is None:
            return None
        return len(self._sync().templates)
