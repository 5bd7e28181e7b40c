"""Broadcasts of apps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from minipush.http.schemas.campaign_requests import ScheduleRequest
from minipush.http.schemas.centre.messages import PushFields


class BroadcastRequest(PushFields):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "Closed on Monday", "body": "We are back on Tuesday.", "level": "weak"},
            ]
        }
    )

    schedule: ScheduleRequest | None = None
    dry_run: Annotated[
        bool, Field(description="Return how many users it would be for, without storing or sending anything.")
    ] = False

    @property
    def at(self) -> int | None:
        return self.schedule.at if self.schedule else None


class BroadcastResponse(BaseModel):
    id: Annotated[str, Field(description="Of the campaign, which operators can follow.")]


class BroadcastDryRunResponse(BaseModel):
    recipients: Annotated[
        int,
        Field(description="Users who would find it in their inbox. Estimated where the app has very many."),
    ]
