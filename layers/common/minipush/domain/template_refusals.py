"""What a user said no to, and for how long nobody asks again."""

import enum
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from minipush.domain.permits import is_id, is_template_id
from minipush.domain.timestamps import HOUR_MS

LONGEST_PAUSE_MS = 30 * 24 * HOUR_MS
# WeChat says neither for how long it bans a template nor when it ends. Its known punishments last for seven days,
# for 30, or for good: by then those that end have ended, and of the others a tap a month is all that is lost.
BAN_PAUSE_MS = 30 * 24 * HOUR_MS
# One refusal may be told twice: by the mini-program and by WeChat's event, which says nothing of the report's id.
TOLD_AGAIN_MS = 10 * 60 * 1000
# As many as a plan may name: more would only make the user's item grow.
REMEMBERED = 100
# Of each template. A phone repeats what is still in its queue: its last refusals, each perhaps told by an event, too.
REPORTS = 4


class Answer(enum.StrEnum):
    """What wx.requestSubscribeMessage gave for a template, as far as it says whether to ask again."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
    """An answer as it was told; `report` is a short hash of the id that it was told under, if it bore one."""

    template_id: str
    answer: Answer
    report: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateRefusal:
    """The last no to a template, at `at` (ms). `times`: how often the user has said it in a row.

    A ban is WeChat's no, not the user's. `reports` are the last ones of it, the newest last: what was told
    already is nothing new. So one that a yes has ended stays, with `times` at 0, where it has any.
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
        """`pause_ms` is for a first no; each one after it doubles that."""
        if self.is_ended:
            return True
        if self.is_ban:
            return now >= self.at + BAN_PAUSE_MS
        # Ten doublings make a month of an hour; no more are needed.
        doubled = pause_ms << min(self.times - 1, 10)
        return now >= self.at + min(doubled, LONGEST_PAUSE_MS)


def refusal_of(id_: str, template_id: str, result: str) -> SubscriptionAnswer | None:
    """None where nobody said no: `filter` means a title that came twice, and of other words nothing is known."""
    answer = {Answer.REJECT.value: Answer.REJECT, Answer.BAN.value: Answer.BAN}.get(result)
    if answer is None or not is_template_id(template_id):
        return None
    return SubscriptionAnswer(template_id, answer, _short(id_) if is_id(id_) else None)


def _short(id_: str) -> str:
    return hashlib.blake2s(id_.encode(), digest_size=4).hexdigest()


def changed_by(
    said: Iterable[SubscriptionAnswer], known: Iterable[TemplateRefusal], now: int
) -> dict[str, TemplateRefusal | None]:
    """What is to be noted of each template, the last word of it; None where its no is to be forgotten."""
    before = {rejection.template_id: rejection for rejection in known}
    after: dict[str, TemplateRefusal | None] = {**before}
    for each in said:
        there = after.get(each.template_id) or TemplateRefusal(each.template_id, 0, times=0)
        after[each.template_id] = _after(each, there, now)
    after |= _forgotten(after)
    return {id_: rejection for id_, rejection in after.items() if rejection != before.get(id_)}


def _after(said: SubscriptionAnswer, before: TemplateRefusal, now: int) -> TemplateRefusal | None:
    if said.answer is Answer.ACCEPT:
        return replace(before, times=0, is_ban=False) if before.reports else None
    if said.report in before.reports:
        return before
    reports = (*before.reports, *([said.report] if said.report else []))[-REPORTS:]
    if said.answer is Answer.BAN:
        return replace(before, at=now, is_ban=True, reports=reports)
    is_told_again = before.times and not before.is_ban and now - before.at < TOLD_AGAIN_MS
    times = before.times if is_told_again else before.times + 1
    return TemplateRefusal(said.template_id, now, times, reports=reports)


def _forgotten(template_refusals: Mapping[str, TemplateRefusal | None]) -> dict[str, TemplateRefusal | None]:
    """Those that are ended first, then the oldest."""
    there = [rejection for rejection in template_refusals.values() if rejection]
    worth_most_first = sorted(there, key=lambda no: (not no.is_ended, no.at), reverse=True)
    return {rejection.template_id: None for rejection in worth_most_first[REMEMBERED:]}
