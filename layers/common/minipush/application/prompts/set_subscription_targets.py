"""Set how many accepts of which templates each user should have."""

from dataclasses import replace

from minipush.application.ports.clock import Clock
from minipush.application.ports.subscription_targets import TargetStore
from minipush.application.ports.templates import TemplateStore
from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.errors import ContradictionError


class SetSubscriptionTargets:
    def __init__(self, store: TargetStore, templates: TemplateStore, clock: Clock) -> None:
        self._store = store
        self._templates = templates
        self._clock = clock

    def __call__(self, targets: tuple[Target, ...], pause_hours: int) -> SubscriptionTargets:
        """The new targets, as `read` gives them. Raises ContradictionError, StoreError."""
        new = SubscriptionTargets(self._with_start(targets), pause_hours)
        resolved = self._resolved(new)
        pairs = enumerate(zip(targets, resolved.targets, strict=True))
        places = [n for n, (given, found) in pairs if given.long_term not in (None, found.long_term)]
        if places:
            raise ContradictionError(places)
        self._store.keep(new)
        return resolved

    def read(self) -> SubscriptionTargets:
        """The targets, each with the `long_term` that applies."""
        return self._resolved(self._store.read())

    def _with_start(self, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        """A template that had a target before keeps its `set_at`."""
        before = {target.template_id: target.set_at for target in self._store.read().targets}
        now = self._clock()
        return tuple(replace(target, set_at=before.get(target.template_id, now)) for target in targets)

    def _resolved(self, targets: SubscriptionTargets) -> SubscriptionTargets:
        synced = self._templates.read()
        templates = synced.by_id() if synced else {}
        resolved = (replace(target, long_term=target.is_long_term(templates)) for target in targets.targets)
        return replace(targets, targets=tuple(resolved))
