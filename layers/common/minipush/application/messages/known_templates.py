"""The templates that the account is known to have: those of the last sync, and those with a target."""

from minipush.application.ports.subscription_targets import TargetStore
from minipush.application.ports.templates import TemplateStore
from minipush.domain.templates import SyncedTemplates
from minipush.domain.timestamps import HOUR_MS

# The sync is repeated every hour. While that fails, a template may be newer than the last sync.
TRUSTED_MS = 2 * HOUR_MS


class KnownTemplates:
    def __init__(self, templates: TemplateStore, targets: TargetStore) -> None:
        self._templates = templates
        self._targets = targets

    def __call__(self) -> list[str]:
        """The ids of synced templates, then those of others with a target. Raises StoreError."""
        synced = self._templates.read()
        planned = (target.template_id for target in self._targets.read().targets)
        return list(dict.fromkeys([*(synced.by_id() if synced else ()), *planned]))

    def unknown_among(self, template_ids: set[str], synced: SyncedTemplates | None, now: int) -> set[str]:
        """The templates that the account surely lacks: a recent sync has not found them, and no target names them.

        Raises StoreError.
        """
        if synced is None or now - synced.synced_at > TRUSTED_MS:
            return set()
        unlisted = template_ids - synced.by_id().keys()
        if not unlisted:
            return unlisted
        return unlisted - {target.template_id for target in self._targets.read().targets}
