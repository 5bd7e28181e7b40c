"""The metrics of pushes and reminders."""

from collections import Counter
from collections.abc import Iterable

from minipush.application.metric_names import Metric
from minipush.domain.centre.pushes import PushOutcome, PushStatus
from minipush.domain.centre.reminders import ReminderStatus

_PUSHES = {
    PushStatus.STORED: Metric.PUSHES_STORED,
    PushStatus.SKIPPED: Metric.PUSHES_SKIPPED,
    PushStatus.FAILED: Metric.PUSHES_FAILED,
}
_REMINDERS = {
    ReminderStatus.SENT: Metric.REMINDERS_SENT,
    ReminderStatus.FAILED: Metric.REMINDERS_FAILED,
    ReminderStatus.SKIPPED: Metric.REMINDERS_SKIPPED,
    ReminderStatus.UNKNOWN: Metric.REMINDERS_UNKNOWN,
}


def of_pushes(outcomes: Iterable[PushOutcome]) -> dict[Metric, int]:
    return dict(Counter(_PUSHES[outcome.status] for outcome in outcomes))


def of_reminders(ended: Iterable[ReminderStatus]) -> dict[Metric, int]:
    """`ended`: final statuses."""
    return dict(Counter(_REMINDERS[status] for status in ended))
