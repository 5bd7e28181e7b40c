"""Choose what a mini-program asks its user for at the next tap."""

from dataclasses import replace

from minipush.application.ports.clock import Clock
from minipush.application.ports.subscription_targets import TargetStore
from minipush.application.ports.templates import TemplateStore
from minipush.application.ports.users import UserStore
from minipush.domain.prompts import Prompt, SubscriptionTargets, Templates, ids_per_call, next_prompt
from minipush.domain.templates import SyncedTemplates

# Every page of a mini-program may ask, while targets change once in weeks.
CACHED_MS = 60 * 1000


class ChoosePrompt:
    """Caches the targets and the templates for a minute."""

    def __init__(
        self, users: UserStore, targets: TargetStore, templates: TemplateStore, clock: Clock
    ) -> None:
        self._users = users
        self._targets = targets
        self._templates = templates
        self._clock = clock
        self._cached: tuple[SubscriptionTargets, Templates] = (SubscriptionTargets(), {})
        self._cached_until = 0

    def __call__(self, openid: str, sdk_version: str | None) -> Prompt:
        """`sdk_version`: from wx.getAppBaseInfo, None if unknown."""
        now = self._clock()
        room = ids_per_call(sdk_version)
        targets, templates = self._read(now) if room else (SubscriptionTargets(), {})
        if not targets.targets:
            return Prompt()
        return next_prompt(targets, templates, self._users.read(openid), room, now)

    def _read(self, now: int) -> tuple[SubscriptionTargets, Templates]:
        if now < self._cached_until:
            return self._cached
        targets = self._targets.read()
        synced = self._templates.read() if targets.targets else None
        self._cached = (_without_deleted(targets, synced), synced.by_id() if synced else {})
        self._cached_until = now + CACHED_MS
        return self._cached


def _without_deleted(targets: SubscriptionTargets, synced: SyncedTemplates | None) -> SubscriptionTargets:
    """Drop templates that the account no longer has: an unknown id fails the whole call (20001).

    A target set after the last sync may be of a template that is newer than the sync.
    """
    if synced is None:
        return targets
    listed = synced.by_id()
    present = (t for t in targets.targets if t.template_id in listed or synced.synced_at <= t.set_at)
    return replace(targets, targets=tuple(present))
