"""Set how many accepts of which templates are wanted of each user."""

from dataclasses import replace
from typing import Protocol

from minipush.application.ports.clock import Clock
from minipush.application.ports.templates import TemplateStore
from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.errors import ContradictionError


class TargetStore(Protocol):
    def read(self) -> SubscriptionTargets:
        """An empty one before the first was kept."""
        ...

    def keep(self, plan: SubscriptionTargets) -> None:
        """In place of the one before, as a whole."""
        ...


class SetSubscriptionTargets:
    def __init__(self, plans: TargetStore, templates: TemplateStore, clock: Clock) -> None:
        self._plans = plans
        self._templates = templates
        self._clock = clock

    def __call__(self, goals: tuple[Target, ...], pause_hours: int) -> SubscriptionTargets:
        """Raises ContradictionError, StoreError. The plan comes back as it counts."""
        plan = SubscriptionTargets(self._since(goals), pause_hours)
        counting = self._as_it_counts(plan)
        pairs = enumerate(zip(goals, counting.goals, strict=True))
        places = [n for n, (said, counts) in pairs if said.long_term not in (None, counts.long_term)]
        if places:
            raise ContradictionError(places)
        self._plans.keep(plan)
        return counting

    def read(self) -> SubscriptionTargets:
        return self._as_it_counts(self._plans.read())

    def _since(self, goals: tuple[Target, ...]) -> tuple[Target, ...]:
        """A template that was planned before is no newer for being planned again."""
        before = {goal.template_id: goal.set_at for goal in self._plans.read().goals}
        now = self._clock()
        return tuple(replace(goal, set_at=before.get(goal.template_id, now)) for goal in goals)

    def _as_it_counts(self, plan: SubscriptionTargets) -> SubscriptionTargets:
        known = self._templates.read()
        templates = known.by_id() if known else {}
        goals = (replace(goal, long_term=goal.is_long_term(templates)) for goal in plan.goals)
        return replace(plan, goals=tuple(goals))
