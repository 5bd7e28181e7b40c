"""A user's timeline."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, Field

from minipush.application.timelines.read_timeline import TimelinePage
from minipush.domain.messages import Reason
from minipush.domain.settings_log import Changer
from minipush.domain.timelines import TimelineEntry, TimelineEvent
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant
from minipush.http.schemas.names import PermitKindName

FAILURES = frozenset({TimelineEvent.REFUSED, TimelineEvent.DELIVERY_FAILED})
OF_SEVERAL = frozenset(
    {TimelineEvent.PERMIT_ADDED, TimelineEvent.PERMIT_EXPIRED, TimelineEvent.PERMIT_WITHDRAWN}
)


class TimelineEntryResponse(BaseModel):
    at: Instant
    event: TimelineEvent
    permit_kind: Annotated[PermitKindName | None, LEFT_OUT_IF_NONE] = None
    template_id: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    permits: Annotated[int | None, LEFT_OUT_IF_NONE] = None
    campaign: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    reason: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | None, LEFT_OUT_IF_NONE] = None
    by: Annotated[Changer | None, LEFT_OUT_IF_NONE] = None


class UserTimelineResponse(BaseModel):
    items: Annotated[list[TimelineEntryResponse], Field(description="The newest first.")]
    next_cursor: str | None


def timeline_response(page: TimelinePage, reason_of: Callable[[int | None], Reason]) -> UserTimelineResponse:
    return UserTimelineResponse(
        items=[_entry_response(entry, reason_of) for entry in page.entries], next_cursor=page.next_cursor
    )


def _entry_response(entry: TimelineEntry, reason_of: Callable[[int | None], Reason]) -> TimelineEntryResponse:
    return TimelineEntryResponse(
        at=iso(entry.at),
        event=entry.event,
        permit_kind=entry.permit_kind,
        template_id=entry.template_id,
        permits=entry.permits if entry.event in OF_SEVERAL else None,
        campaign=entry.campaign,
        reason=reason_of(entry.errcode) if entry.event in FAILURES else entry.note,
        errcode=entry.errcode,
        by=entry.by,
    )
