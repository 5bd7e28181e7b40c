"""Copy the account's subscription templates from WeChat."""

from minipush.application.ports.clock import Clock
from minipush.application.ports.templates import TemplateSource, TemplateStore
from minipush.domain.templates import SyncedTemplates


class SyncTemplates:
    def __init__(self, source: TemplateSource, store: TemplateStore, clock: Clock) -> None:
        self._source = source
        self._store = store
        self._clock = clock

    def __call__(self) -> SyncedTemplates:
        """Raises WeChatUnavailableError, StoreError; the previous list then stays."""
        templates = self._source.read()
        synced = SyncedTemplates(self._clock(), tuple(templates))
        self._store.keep(synced)
        return synced
