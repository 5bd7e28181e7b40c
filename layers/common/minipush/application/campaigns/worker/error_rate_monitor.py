"""Decides from the outcomes of a campaign's messages whether the campaign has to stop."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.campaigns.worker.refusal_guard import is_refusal
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.doubt_limit import DoubtLimit
from minipush.domain.campaigns import CampaignStatus, ErrorWindow
from minipush.domain.messages import Cause, Fault, Outcome, Reason, Status


@dataclass(frozen=True, slots=True)
class StopDecision:
    """The status that the campaign has to change to, and why."""

    status: CampaignStatus
    cause: Cause


class ErrorRateMonitor:
    """Over the last messages of one worker: too many have failed at `error_percent`.

    A message in doubt counts as failed, unless another worker left it in doubt. In an outage, the first one stops
    the campaign, whatever the messages before it did. A user without a live permit is no error: it says nothing
    about the next user. With `ignores_refusals`, 43101 is none either. `reason_of`: the reason for an errcode.
    `window`: where the segment's last worker left off.
    """

    def __init__(
        self,
        error_percent: int,
        reason_of: Callable[[int], Reason],
        settings: WorkerSettings,
        doubt_limit: DoubtLimit,
        window: ErrorWindow = (),
        *,
        ignores_refusals: bool = False,
    ) -> None:
        self._error_percent = error_percent
        self._reason_of = reason_of
        self._minimum = settings.error_minimum
        self._ignores_refusals = ignores_refusals
        self._last: deque[Cause | None] = deque(
            (cause if self._counts(cause) else None for cause in window), settings.error_window
        )
        self._doubt_limit = doubt_limit

    @property
    def window(self) -> ErrorWindow:
        return tuple(self._last)

    def _counts(self, cause: Cause | None) -> bool:
        return cause is not None and not (self._ignores_refusals and cause.reason is Reason.REFUSED)

    def record(self, outcome: Outcome) -> StopDecision | None:
        if outcome.status is Status.SENT:
            self._last.append(None)
            return None
        if outcome.status is Status.SKIPPED:
            return None
        if outcome.fault is Fault.CAMPAIGN:
            return StopDecision(CampaignStatus.FAILED, self._cause(outcome))
        if outcome.fault is Fault.ACCOUNT:
            return StopDecision(CampaignStatus.PAUSED, self._cause(outcome))
        return self._judge(outcome)

    def _judge(self, outcome: Outcome) -> StopDecision | None:
        cause = self._cause(outcome) if self._is_error(outcome) else None
        self._last.append(cause)
        if not cause:
            return None
        causes = Counter(each for each in self._last if each)
        is_outage = _is_in_doubt(outcome) and self._doubt_limit.is_outage
        if not is_outage and not self._are_too_many(causes.total()):
            return None
        most_common = causes.most_common(1)[0][0]
        last = next(each for each in reversed(self._last) if each == most_common)
        return StopDecision(CampaignStatus.PAUSED, last)

    def _are_too_many(self, errors: int) -> bool:
        count = len(self._last)
        return count >= self._minimum and 100 * errors >= self._error_percent * count

    def _is_error(self, outcome: Outcome) -> bool:
        if outcome.status is Status.FAILED:
            return outcome.reason is not Reason.NO_PERMIT and not (
                self._ignores_refusals and is_refusal(outcome)
            )
        return _is_in_doubt(outcome)

    def _cause(self, outcome: Outcome) -> Cause:
        return Cause(self._reason(outcome), outcome.errcode, outcome.errmsg, outcome.rid)

    def _reason(self, outcome: Outcome) -> Reason:
        """An unknown outcome has no reason; derive one from its errcode if it has one."""
        if outcome.reason is None and outcome.errcode is not None:
            return self._reason_of(outcome.errcode)
        return outcome.reason or Reason.WECHAT_UNAVAILABLE


def _is_in_doubt(outcome: Outcome) -> bool:
    """Whether an answer to this worker was lost. Without a fault, an earlier worker died."""
    return outcome.status is Status.UNKNOWN and outcome.fault in (Fault.LOST_ANSWER, Fault.TRANSIENT)
