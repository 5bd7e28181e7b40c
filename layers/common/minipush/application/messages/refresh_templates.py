"""Repeat the sync of the templates, once an operator has made the first one."""

import logging

from minipush.application.messages.sync_templates import SyncTemplates
from minipush.application.ports.templates import TemplateStore
from minipush.errors import StoreError, WeChatUnavailableError

logger = logging.getLogger(__name__)


class RefreshTemplates:
    def __init__(self, store: TemplateStore, sync: SyncTemplates) -> None:
        self._store = store
        self._sync = sync

    def __call__(self) -> int | None:
        """The number of templates; None without a first sync, or if this one fails: the next is due in an hour."""
        try:
            return None if self._store.read() is None else len(self._sync().templates)
        except (StoreError, WeChatUnavailableError) as error:
            logger.warning("the templates could not be synced: %s", error)
            return None
