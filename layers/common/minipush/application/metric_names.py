"""The names of the metrics that the functions count."""

from collections.abc import Callable, Mapping
from enum import StrEnum


class Metric(StrEnum):
    """All metrics that minipush counts itself. docs/metrics.md says what each counts, and has those made of log lines."""

    MESSAGES_SENT = "MessagesSent"
    MESSAGES_FAILED = "MessagesFailed"
    MESSAGES_SKIPPED = "MessagesSkipped"
    MESSAGES_UNKNOWN = "MessagesUnknown"
    MESSAGES_CONFIRMED = "MessagesConfirmed"
    MESSAGES_FAILED_LATER = "MessagesFailedLater"
    CAMPAIGNS_CREATED = "CampaignsCreated"
    CAMPAIGNS_BLOCKED = "CampaignsBlocked"
    PERMITS_STORED = "PermitsStored"
    PERMITS_REJECTED = "PermitsRejected"
    PERMITS_WITHDRAWN = "PermitsWithdrawn"
    PERMITS_REMOVED = "PermitsRemoved"
    UNPROVEN_PERMITS_INVALIDATED = "UnprovenPermitsInvalidated"
    PUSHES_STORED = "PushesStored"
    PUSHES_SKIPPED = "PushesSkipped"
    PUSHES_FAILED = "PushesFailed"
    REMINDERS_SENT = "RemindersSent"
    REMINDERS_FAILED = "RemindersFailed"
    REMINDERS_SKIPPED = "RemindersSkipped"
    REMINDERS_UNKNOWN = "RemindersUnknown"
    LIVE_PERMITS = "LivePermits"
    REACHABLE_USERS = "ReachableUsers"
    REACHABLE_USERS_LOST = "ReachableUsersLost"


type Count = Callable[[Mapping[Metric, int]], None]
