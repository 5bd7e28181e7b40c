"""What has happened to a campaign, and its recipients by the minute, as responses."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from minipush.application.cursors import Cursors
from minipush.domain.campaign_history import Happened, HistoryEntry
from minipush.domain.campaign_minutes import Minute
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Reason
from minipush.domain.timestamps import MINUTE_MS, iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant


class HistoryEntryResponse(BaseModel):
    at: Instant
    event: Happened
    status: Annotated[CampaignStatus, Field(description="The campaign's status from then on.")]
    by: Annotated[
        str | SkipJsonSchema[None],
        LEFT_OUT_IF_NONE,
        Field(description="The name of the operator key; missing where minipush or a rule did it."),
    ] = None
    reason: Annotated[Reason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None


class HistoryResponse(BaseModel):
    items: Annotated[
        list[HistoryEntryResponse], Field(description="In order: the first, and the last 39 at most.")
    ]
    next_cursor: str | None


class TimelineItem(BaseModel):
    at: Instant
    sent: int
    failed: int
    skipped: int
    unknown: int


class CampaignTimelineResponse(BaseModel):
    items: Annotated[
        list[TimelineItem], Field(description="In order, without steps in which no recipient was counted.")
    ]
    next_cursor: str | None = None


def timeline_response(
    sums: list[Minute], following: int | None, cursors: Cursors
) -> CampaignTimelineResponse:
    items = [
        TimelineItem(
            at=iso(minute.at * MINUTE_MS),
            sent=minute.sent,
            failed=minute.failed,
            skipped=minute.skipped,
            unknown=minute.unknown,
        )
        for minute in sums
    ]
    return CampaignTimelineResponse(
        items=items, next_cursor=None if following is None else cursors.write(str(following))
    )


def read_timeline_cursor(cursors: Cursors, cursor: str | None) -> int:
    """The minute since the epoch. Raises InvalidCursorError."""
    return int(cursors.read(cursor, "[0-9]{1,12}")[0]) if cursor else 0


def place_of(entry: HistoryEntry) -> str:
    return f"{entry.at}.{entry.event}"


def history_response(entries: Sequence[HistoryEntry], following: str | None) -> HistoryResponse:
    return HistoryResponse(
        next_cursor=following,
        items=[
            HistoryEntryResponse(
                at=iso(entry.at), event=entry.event, status=entry.status, by=entry.by, reason=entry.reason
            )
            for entry in entries
        ],
    )
