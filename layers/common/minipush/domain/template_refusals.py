"""Which templates a user refused, and for how long no prompt names them."""

import enum
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from minipush.domain.permits import is_client_id, is_template_id
from minipush.domain.timestamps import HOUR_MS

LONGEST_PAUSE_MS = 30 * 24 * HOUR_MS
# WeChat documents neither the length of a ban nor its end. Its known penalties last 7 days, 30 days, or for ever.
# After 30 days all temporary ones are over; a permanent one costs a useless prompt a month.
BAN_PAUSE_MS = 30 * 24 * HOUR_MS
# One refusal may be reported twice: by the mini-program and by WeChat's event, which doesn't carry the report's id.
REPEATED_WITHIN_MS = 10 * 60 * 1000
# As many as there may be targets. More would only make the user's item larger.
MAX_REFUSALS = 100
# For each template. A phone repeats the refusals in its queue, and an event may report each of them, too.
MAX_REPORTS = 4
# 2^10 hours are more than a month, the longest pause.
MAX_DOUBLINGS = 10


class Decision(enum.StrEnum):
    """A result of wx.requestSubscribeMessage for one template, where it matters to later prompts."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
    """A reported decision. `report`: a short hash of the report's id, None if it had none."""

    template_id: str
    decision: Decision
    report: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateRefusal:
    """The last refusal of a template, at `at` (ms). `times`: refusals in a row.

    A ban is WeChat's refusal, not the user's. `reports`: the last reports of refusals, the newest last; they show
    that a repeated report is nothing new. A refusal that an accept has ended stays because of them, with `times` 0.
    """

    template_id: str
    at: int
    times: int = 1
    is_ban: bool = False
    reports: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        return not self.times and not self.is_ban

    def is_over(self, now: int, pause_ms: int) -> bool:
        """Whether prompts may name the template. `pause_ms`: after a first refusal; each one more doubles it."""
        if self.is_ended:
            return True
        if self.is_ban:
            return now >= self.at + BAN_PAUSE_MS
        pause = pause_ms << min(self.times - 1, MAX_DOUBLINGS)
        return now >= self.at + min(pause, LONGEST_PAUSE_MS)


def refusal_of(id_: str, template_id: str, result: str) -> SubscriptionAnswer | None:
    """None unless `result` is a refusal: `filter` means a repeated title, and other words are undocumented."""
    decision = {"reject": Decision.REJECT, "ban": Decision.BAN}.get(result)
    if decision is None or not is_template_id(template_id):
        return None
    return SubscriptionAnswer(template_id, decision, _short(id_) if is_client_id(id_) else None)


def _short(id_: str) -> str:
    return hashlib.blake2s(id_.encode(), digest_size=4).hexdigest()


def changed_by(
    answers: Iterable[SubscriptionAnswer], known: Iterable[TemplateRefusal], now: int
) -> dict[str, TemplateRefusal | None]:
    """The refusals to save, by template; None where one is to be deleted."""
    before = {refusal.template_id: refusal for refusal in known}
    after: dict[str, TemplateRefusal | None] = {**before}
    for answer in answers:
        current = after.get(answer.template_id) or TemplateRefusal(answer.template_id, 0, times=0)
        after[answer.template_id] = _after(answer, current, now)
    after |= _beyond_the_limit(after)
    return {id_: refusal for id_, refusal in after.items() if refusal != before.get(id_)}


def _after(answer: SubscriptionAnswer, before: TemplateRefusal, now: int) -> TemplateRefusal | None:
    if answer.decision is Decision.ACCEPT:
        return replace(before, times=0, is_ban=False) if before.reports else None
    if answer.report in before.reports:
        return before
    reports = (*before.reports, *([answer.report] if answer.report else []))[-MAX_REPORTS:]
    if answer.decision is Decision.BAN:
        return replace(before, at=now, is_ban=True, reports=reports)
    is_repeated = before.times and not before.is_ban and now - before.at < REPEATED_WITHIN_MS
    times = before.times if is_repeated else before.times + 1
    return TemplateRefusal(answer.template_id, now, times, reports=reports)


def _beyond_the_limit(refusals: Mapping[str, TemplateRefusal | None]) -> dict[str, TemplateRefusal | None]:
    """Those that don't fit: ended ones first, then the oldest."""
    present = [refusal for refusal in refusals.values() if refusal]
    by_worth = sorted(present, key=lambda refusal: (not refusal.is_ended, refusal.at), reverse=True)
    return {refusal.template_id: None for refusal in by_worth[MAX_REFUSALS:]}
