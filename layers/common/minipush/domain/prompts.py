"""Which templates to ask a user for next."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from minipush.domain.templates import Template
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import User

# Base library versions, and how many ids wx.requestSubscribeMessage takes from each on.
IDS_PER_CALL = (((3, 12, 1), 5), ((2, 8, 4), 3), ((2, 4, 4), 1))
IDS_IF_UNTOLD = 3

type Templates = Mapping[str, Template]
"""What WeChat said of templates, by id; nothing of those that were not synced."""


@dataclass(frozen=True, slots=True)
class Target:
    """How many accepts of a template the operator wants to have of each user.

    `long_term` as the operator gave it, None where nothing was given. What WeChat says counts for more.
    `set_at` (ms): since when the template has been in the plan.
    """

    template_id: str
    wanted: int
    long_term: bool | None = None
    set_at: int = 0

    def is_long_term(self, templates: Templates) -> bool:
        template = templates.get(self.template_id)
        return template.is_long_term if template else bool(self.long_term)


@dataclass(frozen=True, slots=True)
class SubscriptionTargets:
    """The goals by priority, and how long nobody asks after a first no."""

    goals: tuple[Target, ...] = ()
    pause_hours: int = 72


@dataclass(frozen=True, slots=True)
class Ask:
    """What one call of wx.requestSubscribeMessage may be given: one kind, no two of the same title."""

    template_ids: tuple[str, ...] = ()
    long_term: bool = False


def ids_per_call(sdk_version: str | None) -> int:
    """`sdk_version`: numbers with dots between, None where it isn't known."""
    if sdk_version is None:
        return IDS_IF_UNTOLD
    version = tuple(int(number) for number in sdk_version.split("."))
    return next((ids for since, ids in IDS_PER_CALL if version >= since), 0)


def next_ask(plan: SubscriptionTargets, templates: Templates, user: User, room: int, now: int) -> Ask:
    """The neediest first; who comes first decides whether one-time or long-term ones are asked for."""
    stock, refused = _stock(user, now), _refused(plan, user, now)
    needs = {goal: stock[goal.template_id] / goal.wanted for goal in plan.goals}
    wanting = [goal for goal, need in needs.items() if need < 1 and goal.template_id not in refused]
    worth = sorted(wanting, key=lambda goal: needs[goal])
    if not worth or not room or user.settings.opt_out:
        return Ask()
    long_term = worth[0].is_long_term(templates)
    alike = [goal.template_id for goal in worth if goal.is_long_term(templates) is long_term]
    return Ask(tuple(_of_distinct_titles(alike, templates)[:room]), long_term)


def _stock(user: User, now: int) -> Mapping[str, float]:
    """Live permits by template; a long-term one is without end."""
    stock: defaultdict[str, float] = defaultdict(float)
    for permit in user.live(now):
        if permit.template_id is not None:
            stock[permit.template_id] += inf if permit.kind.sends is None else 1
    return stock


def _refused(plan: SubscriptionTargets, user: User, now: int) -> set[str]:
    pause_ms = plan.pause_hours * HOUR_MS
    return {said.template_id for said in user.template_refusals if not said.is_over(now, pause_ms)}


def _of_distinct_titles(template_ids: list[str], templates: Templates) -> list[str]:
    """Without those that WeChat would drop (`filter`). Titles that aren't known are taken for distinct."""
    found: dict[str, str] = {}
    for template_id in template_ids:
        template = templates.get(template_id)
        # No title holds a NUL, so that an id is never taken for one.
        found.setdefault(template.title if template else f"\0{template_id}", template_id)
    return list(found.values())
