"""What has happened to a campaign, as a response."""

from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from minipush.domain.campaign_history import Happened, HistoryEntry
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Reason
from minipush.domain.timestamps import iso
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


def history_response(entries: list[HistoryEntry]) -> HistoryResponse:
    return HistoryResponse(
        items=[
            HistoryEntryResponse(
                at=iso(entry.at), event=entry.event, status=entry.status, by=entry.by, reason=entry.reason
            )
            for entry in entries
        ]
    )
