"""The account's subscription templates: WeChat's list, and the copy that minipush keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from minipush.domain.templates import SyncedTemplates, Template


class TemplateSource(Protocol):
    def read(self) -> list[Template]:
        """All templates of the account. Raises WeChatUnavailableError."""
        ...


class TemplateStore(Protocol):
    def read(self) -> SyncedTemplates | None:
        """None before the first sync."""
        ...

    def keep(self, known: SyncedTemplates) -> None:
        """Replace the previous list as a whole."""
        ...
