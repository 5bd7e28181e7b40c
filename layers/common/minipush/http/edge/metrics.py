"""What requests come to, counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from minipush.application.events.handle_wechat_event import EventResult
from minipush.application.permits.collect_permits import CollectResult
from minipush.domain.campaigns import Counts
from minipush.domain.messages import Outcome, Status

type Count = Callable[[Mapping[str, int]], None]
"""Takes metrics by name."""

CAMPAIGN_MADE = {"CampaignsMade": 1}
CAMPAIGN_BLOCKED = {"CampaignsBlocked": 1}
_NAMES = {status: f"Messages{status.value.capitalize()}" for status in Status}


def of_messages(outcomes: Iterable[Outcome]) -> dict[str, int]:
    return dict(Counter(_NAMES[outcome.status] for outcome in outcomes))


def of_campaign(counts: Counts) -> dict[str, int]:
    """What a worker's part of a campaign came to; nothing of what there was none of."""
    found = {name: getattr(counts, status) for status, name in _NAMES.items()}
    return {name: count for name, count in found.items() if count}


def of_event(heard: EventResult) -> dict[str, int]:
    """What an event of WeChat's changed; nothing of what it didn't."""
    stored = heard.collected.stored if heard.collected else 0
    found = {
        "PermitsStored": stored,
        "PermitsWithdrawn": heard.withdrawn,
        "MessagesFailedLater": len(heard.failures),
    }
    return {name: count for name, count in found.items() if count}


def of_permits(collected: CollectResult) -> dict[str, int]:
    return {"PermitsStored": collected.stored, "PermitsRejected": len(collected.rejected)}
