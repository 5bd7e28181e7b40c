"""Prompts: which subscription templates to ask a user for next, by the operator's targets."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from minipush.domain.permit_kinds import as_synced
from minipush.domain.templates import Template
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import User

# Versions of the base library, and how many ids wx.requestSubscribeMessage takes from each version on.
IDS_PER_CALL = (((3, 12, 1), 5), ((2, 8, 4), 3), ((2, 4, 4), 1))
IDS_FOR_UNKNOWN_VERSION = 3

type Templates = Mapping[str, Template]
"""Synced templates by id. Templates that were not synced are missing."""


@dataclass(frozen=True, slots=True)
class Target:
    """How many accepts of a template each user should have.

    `long_term`: as the operator set it, None if the operator did not; a synced template overrides it.
    `set_at` (ms): since when the template has had a target.
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
    """The targets by priority. `pause_hours`: how long no prompt names a template after a first refusal."""

    targets: tuple[Target, ...] = ()
    pause_hours: int = 72


@dataclass(frozen=True, slots=True)
class Prompt:
    """What to pass to one call of wx.requestSubscribeMessage, as WeChat demands it.

    All templates are one-time, or all are long-term, and no two have the same title.
    """

    template_ids: tuple[str, ...] = ()
    long_term: bool = False


def ids_per_call(sdk_version: str | None) -> int:
    """How many ids one call takes. `sdk_version`: numbers separated by dots, perhaps a suffix; None if unknown."""
    if sdk_version is None:
        return IDS_FOR_UNKNOWN_VERSION
    numbers = re.match(r"[0-9.]*", sdk_version)
    version = tuple(int(number) for number in numbers[0].split(".")) if numbers else ()
    return next((ids for since, ids in IDS_PER_CALL if version >= since), 0)


def next_prompt(
    targets: SubscriptionTargets, templates: Templates, user: User, room: int, now: int
) -> Prompt:
    """The templates that are farthest from their targets, `room` at most.

    The first decides whether the prompt is for one-time or for long-term templates.
    """
    held, refused = _permits_held(user, templates, now), _refused(targets, user, now)
    shares = {target: held[target.template_id] / target.wanted for target in targets.targets}
    missing = [target for target, share in shares.items() if share < 1 and target.template_id not in refused]
    by_need = sorted(missing, key=lambda target: shares[target])
    if not by_need or not room or user.settings.opt_out:
        return Prompt()
    long_term = by_need[0].is_long_term(templates)
    alike = [target.template_id for target in by_need if target.is_long_term(templates) is long_term]
    return Prompt(tuple(_of_distinct_titles(alike, templates)[:room]), long_term)


def _permits_held(user: User, templates: Templates, now: int) -> Mapping[str, float]:
    """Live permits by template. A long-term permit counts as any number."""
    held: defaultdict[str, float] = defaultdict(float)
    for permit in user.live(now):
        if permit.template_id is not None:
            template = templates.get(permit.template_id)
            kind = as_synced(permit, template.is_long_term if template else None).kind
            held[permit.template_id] += inf if kind.sends is None else 1
    return held


def _refused(targets: SubscriptionTargets, user: User, now: int) -> set[str]:
    pause_ms = targets.pause_hours * HOUR_MS
    return {refusal.template_id for refusal in user.template_refusals if not refusal.is_over(now, pause_ms)}


def _of_distinct_titles(template_ids: list[str], templates: Templates) -> list[str]:
    """Without the templates that WeChat would drop (`filter`). Unknown titles count as distinct."""
    found: dict[str, str] = {}
    for template_id in template_ids:
        template = templates.get(template_id)
        # No title contains a NUL, so an id can't be mistaken for a title.
        found.setdefault(template.title if template else f"\0{template_id}", template_id)
    return list(found.values())
