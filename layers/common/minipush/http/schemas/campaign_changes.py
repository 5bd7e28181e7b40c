"""Requests that change a campaign before it starts."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from minipush.application.messages.check_text import TextCheckRequest
from minipush.domain.campaigns import Plan
from minipush.http.schemas.audiences import AllUsers, AudienceRequest, ExpiringUsers, NamedUsers, TaggedUsers
from minipush.http.schemas.base import RequestModel, without_default
from minipush.http.schemas.campaign_requests import (
    CampaignMessage,
    CampaignName,
    FrequencyCapSchema,
    MaxPerSecond,
    ScheduleRequest,
)
from minipush.http.schemas.text_checks import TextCheckSchema

# Where the names differ.
FIELDS_OF_PLAN = {"schedule": "at"}


def _missing() -> Any:
    """The field may be missing, but is never null."""
    return Field(default=None, json_schema_extra=without_default)


class CampaignChanges(RequestModel):
    """A missing field stays as it is. Null removes the schedule, the rate or the cap."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"schedule": {"at": "2026-11-28T20:00:00+08:00"}, "max_per_second": None}]
        }
    )

    name: CampaignName = _missing()
    message: CampaignMessage = _missing()
    audience: AudienceRequest = _missing()
    schedule: ScheduleRequest | None = None
    max_per_second: MaxPerSecond | None = None
    frequency_cap: FrequencyCapSchema | None = None
    text_check: TextCheckSchema | None = None
    dry_run: Annotated[bool, Field(description="Return what would happen, without changing anything.")] = (
        False
    )

    def changed(self, plan: Plan) -> Plan:
        given = self.model_fields_set - {"text_check", "dry_run"}
        return replace(
            plan, **{FIELDS_OF_PLAN.get(name, name): _value(getattr(self, name)) for name in given}
        )

    def requested_check(self) -> TextCheckRequest | None:
        return self.text_check.request() if self.text_check else None


def _value(given: object) -> Any:
    match given:
        case CampaignMessage():
            return given.message()
        case AllUsers() | NamedUsers() | TaggedUsers() | ExpiringUsers():
            return given.audience()
        case ScheduleRequest():
            return given.at
        case FrequencyCapSchema():
            return given.cap()
        case _:
            return given


class ChangedCampaign(RequestModel):
    """What an Idempotency-Key stands for: the same changes of the same campaign."""

    campaign_id: str
    changes: dict[str, Any]
