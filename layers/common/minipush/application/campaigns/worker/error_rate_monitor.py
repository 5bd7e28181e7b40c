"""How a campaign fares, judged by what its messages come to."""

from collections import Counter, deque
from dataclasses import dataclass

from minipush.application.campaigns.worker.refusal_guard import is_refusal
from minipush.application.events.reasons import reason_of
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Fault, Outcome, Reason, Status

# Enough to tell a trend from bad luck, few enough to stop early.
LAST = 100
ENOUGH = 25

type Cause = tuple[Reason, int | None]


@dataclass(frozen=True, slots=True)
class StopDecision:
    """What the campaign has to become, and why."""

    status: CampaignStatus
    reason: Reason
    errcode: int | None = None


class ErrorRateMonitor:
    """Over the last hundred messages of one worker; `error_percent` of them failing is too many.

    A user without a live permit is no error: it says nothing about the next one. Nor is 43101, for who
    `doubts_refusals`.
    """

    def __init__(self, error_percent: int, *, doubts_refusals: bool = False) -> None:
        self._error_percent = error_percent
        self._doubts_refusals = doubts_refusals
        # Why each failed; None for those that did not.
        self._last: deque[Cause | None] = deque(maxlen=LAST)

    def record(self, outcome: Outcome) -> StopDecision | None:
        if outcome.status is Status.SKIPPED:
            return None
        if outcome.fault is Fault.CAMPAIGN:
            return StopDecision(CampaignStatus.FAILED, _reason(outcome), outcome.errcode)
        if outcome.fault is Fault.ACCOUNT:
            return StopDecision(CampaignStatus.PAUSED, _reason(outcome), outcome.errcode)
        return self._judge(outcome)

    def _judge(self, outcome: Outcome) -> StopDecision | None:
        cause = (_reason(outcome), outcome.errcode) if self._is_bad(outcome) else None
        self._last.append(cause)
        if not cause or len(self._last) < ENOUGH:
            return None
        causes = Counter(each for each in self._last if each)
        if 100 * causes.total() < self._error_percent * len(self._last):
            return None
        return StopDecision(CampaignStatus.PAUSED, *causes.most_common(1)[0][0])

    def _is_bad(self, outcome: Outcome) -> bool:
        if outcome.status is Status.FAILED:
            return outcome.reason is not Reason.NO_PERMIT and not (
                self._doubts_refusals and is_refusal(outcome)
            )
        return outcome.fault is Fault.LOST_ANSWER


def _reason(outcome: Outcome) -> Reason:
    """One that is unknown has none of its own, but may have heard why nothing goes out."""
    if outcome.reason is None and outcome.errcode is not None:
        return reason_of(outcome.errcode)
    return outcome.reason or Reason.WECHAT_UNAVAILABLE
