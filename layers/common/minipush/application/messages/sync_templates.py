"""Learn from WeChat which subscription templates the account has."""

from dataclasses import asdict, dataclass
from typing import Protocol

from minipush.application.ports.clock import Clock
from minipush.domain.templates import Template
from minipush.wechat.templates import AccountTemplates


@dataclass(frozen=True, slots=True)
class SyncedTemplates:
    """What WeChat said at `synced_at` (ms), all of it."""

    synced_at: int
    templates: tuple[Template, ...]

    def find(self, template_id: str) -> Template | None:
        return next((template for template in self.templates if template.id == template_id), None)

    def by_id(self) -> dict[str, Template]:
        return {template.id: template for template in self.templates}


class TemplateStore(Protocol):
    def read(self) -> SyncedTemplates | None:
        """None before the first sync."""
        ...

    def keep(self, known: SyncedTemplates) -> None:
        """In place of what was kept before, as a whole."""
        ...


class SyncTemplates:
    def __init__(self, account: AccountTemplates, store: TemplateStore, clock: Clock) -> None:
        self._account = account
        self._store = store
        self._clock = clock

    def __call__(self) -> SyncedTemplates:
        """Raises WeChatError, and then keeps what was known; StoreError."""
        told = self._account.read()
        known = SyncedTemplates(self._clock(), tuple(Template(**asdict(template)) for template in told))
        self._store.keep(known)
        return known
