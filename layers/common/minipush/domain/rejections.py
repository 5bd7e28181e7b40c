"""What a user said no to, and for how long nobody asks again."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minipush.domain.permits import is_template_id

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
LONGEST_PAUSE_MS = 30 * 24 * HOUR_MS
# WeChat says neither for how long it bans a template nor when it ends. Its known punishments last for seven days,
# for 30, or for good: by then those that end have ended, and of the others a tap a month is all that is lost.
BAN_PAUSE_MS = 30 * 24 * HOUR_MS
# One refusal may be told twice: a report whose answer was lost comes again, and WeChat's event comes beside it.
TOLD_AGAIN_MS = 10 * MINUTE_MS
# As many as a plan may name: more would only make the user's item grow.
REMEMBERED = 100


class Answer(enum.StrEnum):
    """What wx.requestSubscribeMessage gave for a template, as far as it says whether to ask again."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"


@dataclass(frozen=True, slots=True)
class Rejection:
    """The last no to a template, at `at` (ms). `times`: how often the user has said it in a row.

    A ban is WeChat's no, not the user's.
    """

    template_id: str
    at: int
    times: int = 1
    is_ban: bool = False

    def is_over(self, now: int, pause_ms: int) -> bool:
        """`pause_ms` is for a first no; each one after it doubles that."""
        if self.is_ban:
            return now >= self.at + BAN_PAUSE_MS
        # Ten doublings make a month of an hour; no more are needed.
        doubled = pause_ms << min(self.times - 1, 10)
        return now >= self.at + min(doubled, LONGEST_PAUSE_MS)


def refusal_of(template_id: str, result: str) -> Answer | None:
    """None where nobody said no: `filter` means a title that came twice, and of other words nothing is known."""
    said = {Answer.REJECT.value: Answer.REJECT, Answer.BAN.value: Answer.BAN}.get(result)
    return said if is_template_id(template_id) else None


def changed_by(
    answers: Mapping[str, Answer], known: Iterable[Rejection], now: int
) -> dict[str, Rejection | None]:
    """What is to be noted of each template; None where its no is to be forgotten."""
    before = {rejection.template_id: rejection for rejection in known}
    changes: dict[str, Rejection | None] = {}
    for template_id, answer in answers.items():
        there = before.get(template_id)
        if answer is not Answer.ACCEPT:
            changes[template_id] = _rejection(template_id, answer, there, now)
        elif there:
            changes[template_id] = None
    return changes | _forgotten(before | changes)


def _rejection(template_id: str, answer: Answer, before: Rejection | None, now: int) -> Rejection:
    times = before.times if before else 0
    if answer is Answer.BAN:
        return Rejection(template_id, now, times, is_ban=True)
    is_told_again = before is not None and not before.is_ban and now - before.at < TOLD_AGAIN_MS
    return Rejection(template_id, now, times if is_told_again else times + 1)


def _forgotten(rejections: Mapping[str, Rejection | None]) -> dict[str, Rejection | None]:
    there = [rejection for rejection in rejections.values() if rejection]
    oldest_last = sorted(there, key=lambda rejection: rejection.at, reverse=True)
    return {rejection.template_id: None for rejection in oldest_last[REMEMBERED:]}
