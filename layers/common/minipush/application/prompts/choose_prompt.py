"""Tell the mini-program what to ask its user for at the next tap."""

from dataclasses import replace

from minipush.application.ports.clock import Clock
from minipush.application.ports.templates import TemplateStore
from minipush.application.ports.users import UserStore
from minipush.application.prompts.set_subscription_targets import TargetStore
from minipush.domain.prompts import Ask, SubscriptionTargets, Templates, ids_per_call, next_ask
from minipush.domain.templates import SyncedTemplates

# Every page of a mini-program may ask, and a plan changes once in weeks.
KEPT_MS = 60 * 1000


class ChoosePrompt:
    """Keeps the plan and the templates for a minute."""

    def __init__(self, users: UserStore, plans: TargetStore, templates: TemplateStore, clock: Clock) -> None:
        self._users = users
        self._plans = plans
        self._templates = templates
        self._clock = clock
        self._kept: tuple[SubscriptionTargets, Templates] = (SubscriptionTargets(), {})
        self._kept_until = 0

    def __call__(self, openid: str, sdk_version: str | None) -> Ask:
        """`sdk_version` as wx.getAppBaseInfo has it, None where it isn't told."""
        now = self._clock()
        room = ids_per_call(sdk_version)
        plan, templates = self._read(now) if room else (SubscriptionTargets(), {})
        if not plan.goals:
            return Ask()
        return next_ask(plan, templates, self._users.read(openid), room, now)

    def _read(self, now: int) -> tuple[SubscriptionTargets, Templates]:
        if now < self._kept_until:
            return self._kept
        plan = self._plans.read()
        known = self._templates.read() if plan.goals else None
        self._kept = (_without_gone(plan, known), known.by_id() if known else {})
        self._kept_until = now + KEPT_MS
        return self._kept


def _without_gone(plan: SubscriptionTargets, known: SyncedTemplates | None) -> SubscriptionTargets:
    """One id that WeChat doesn't know fails the whole call (20001), for all that are asked for with it.

    What was first planned after the sync may be newer than it.
    """
    if known is None:
        return plan
    listed = known.by_id()
    there = [goal for goal in plan.goals if goal.template_id in listed or known.synced_at <= goal.set_at]
    return replace(plan, goals=tuple(there))
