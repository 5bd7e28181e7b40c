"""What has happened to a campaign, and who did it."""

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minipush.domain.campaigns import CampaignStatus

if TYPE_CHECKING:
    from collections.abc import Container

    from minipush.domain.messages import Reason


class Happened(enum.StrEnum):
    """The values are part of the HTTP contract."""

    MADE = "made"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    EDITED = "edited"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """`status`: the campaign's from then on. `by`: the name of an operator key; None for minipush itself, or a rule."""

    at: int
    event: Happened
    status: CampaignStatus
    by: str | None = None
    reason: "Reason | None" = None


def event_of_step(allowed: "Container[CampaignStatus]", to: CampaignStatus) -> Happened:
    """`allowed`: the statuses from which the step was taken."""
    if to.is_final:
        return Happened.ENDED
    if to is CampaignStatus.PAUSED:
        return Happened.PAUSED
    return Happened.STARTED if CampaignStatus.SCHEDULED in allowed else Happened.RESUMED


def entries_of_creation(status: CampaignStatus, at: int, by: str | None) -> list[HistoryEntry]:
    made = HistoryEntry(at, Happened.MADE, status, by)
    if status is not CampaignStatus.RUNNING:
        return [made]
    return [made, HistoryEntry(at, Happened.STARTED, status)]
