"""The metrics of requests, events and segments."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from minipush.domain.messages import Outcome, Status

if TYPE_CHECKING:
    from minipush.application.events.handle_wechat_event import EventResult
    from minipush.application.permits.collect_permits import CollectResult
    from minipush.domain.counts import Counts

type Count = Callable[[Mapping[str, int]], None]
"""Adds to metrics by name."""

CAMPAIGN_CREATED = {"CampaignsCreated": 1}
CAMPAIGN_BLOCKED = {"CampaignsBlocked": 1}
_NAMES = {
    Status.SENT: "MessagesSent",
    Status.FAILED: "MessagesFailed",
    Status.SKIPPED: "MessagesSkipped",
    Status.UNKNOWN: "MessagesUnknown",
}


def of_messages(outcomes: Iterable[Outcome]) -> dict[str, int]:
    return dict(Counter(_NAMES[outcome.status] for outcome in outcomes))


def of_campaign(counts: "Counts") -> dict[str, int]:
    """What one worker's run of a segment added, without zeros."""
    found = {name: getattr(counts, status) for status, name in _NAMES.items()}
    return {name: count for name, count in found.items() if count}


def of_event(result: "EventResult") -> dict[str, int]:
    """What an event changed, without zeros."""
    found = {
        "PermitsStored": result.collected.stored if result.collected else 0,
        "PermitsWithdrawn": result.withdrawn,
        "MessagesFailedLater": len(result.failures),
        "MessagesConfirmed": result.confirmed,
    }
    return {name: count for name, count in found.items() if count}


def of_unproven(count: int) -> dict[str, int]:
    """Permits that were invalidated without a call, as WeChat knew none of those tried."""
    return {"UnprovenPermitsInvalidated": count}


def of_permits(result: "CollectResult") -> dict[str, int]:
    return {"PermitsStored": result.stored, "PermitsRejected": len(result.rejected)}
