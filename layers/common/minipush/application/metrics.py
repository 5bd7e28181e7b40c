"""The metrics of requests, events and segments."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from minipush.application.metric_names import Metric
from minipush.domain.messages import Outcome, Status

if TYPE_CHECKING:
    from minipush.application.events.handle_wechat_event import EventResult
    from minipush.application.permits.collect_permits import CollectResult
    from minipush.application.ports.sweeps import Sweep
    from minipush.domain.counts import Counts
    from minipush.domain.statistics import PoolSize


CAMPAIGN_CREATED = {Metric.CAMPAIGNS_CREATED: 1}
CAMPAIGN_BLOCKED = {Metric.CAMPAIGNS_BLOCKED: 1}
_NAMES = {
    Status.SENT: Metric.MESSAGES_SENT,
    Status.FAILED: Metric.MESSAGES_FAILED,
    Status.SKIPPED: Metric.MESSAGES_SKIPPED,
    Status.UNKNOWN: Metric.MESSAGES_UNKNOWN,
}


def of_messages(outcomes: Iterable[Outcome]) -> dict[Metric, int]:
    return dict(Counter(_NAMES[outcome.status] for outcome in outcomes))


def of_campaign(counts: "Counts") -> dict[Metric, int]:
    """What one worker's run of a segment added, without zeros."""
    found = {name: getattr(counts, status) for status, name in _NAMES.items()}
    return {name: count for name, count in found.items() if count}


def of_event(result: "EventResult") -> dict[Metric, int]:
    """What an event changed, without zeros."""
    found = {
        Metric.PERMITS_STORED: result.collected.stored if result.collected else 0,
        Metric.PERMITS_WITHDRAWN: result.withdrawn,
        Metric.MESSAGES_FAILED_LATER: len(result.failures),
        Metric.MESSAGES_CONFIRMED: result.confirmed,
    }
    return {name: count for name, count in found.items() if count}


def of_sweep(sweep: "Sweep", a_day_ago: "PoolSize | None") -> dict[Metric, int]:
    """What a finished sweep measured, and how many percent of the reachable users of a day ago are lost."""
    found = {
        Metric.PERMITS_REMOVED: sweep.removed,
        Metric.LIVE_PERMITS: sweep.measure.permits,
        Metric.REACHABLE_USERS: sweep.measure.reachable_users,
    }
    if a_day_ago and a_day_ago.reachable_users:
        lost = a_day_ago.reachable_users - sweep.measure.reachable_users
        found[Metric.REACHABLE_USERS_LOST] = max(0, 100 * lost // a_day_ago.reachable_users)
    return found


def of_unproven(count: int) -> dict[Metric, int]:
    """Permits that were invalidated without a call, as WeChat knew none of those tried."""
    return {Metric.UNPROVEN_PERMITS_INVALIDATED: count}


def of_permits(result: "CollectResult") -> dict[Metric, int]:
    return {Metric.PERMITS_STORED: result.stored, Metric.PERMITS_REJECTED: len(result.rejected)}
