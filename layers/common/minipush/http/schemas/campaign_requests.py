"""Campaigns as they are asked for, by a back end or by a rule that fires."""

import json
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from minipush.application.messages.check_text import TextCheckRequest
from minipush.domain.campaigns import FrequencyCap, Plan
from minipush.http.edge.problems import pointer
from minipush.http.edge.text_checks import TextCheckSchema
from minipush.http.schemas.audiences import WEEK_HOURS, AudienceRequest
from minipush.http.schemas.base import WHOLE, Body, milliseconds
from minipush.http.schemas.messages import MessageBody

# Workers read the campaign again and again, to see whether it still runs.
MAX_DATA_BYTES = 16 * 1024


def _refused(why: str) -> BeforeValidator:
    def refuse(_: object) -> NoReturn:
        raise ValueError(why)

    return BeforeValidator(refuse)


class CampaignMessage(MessageBody):
    """A message to those whom the audience says."""

    touser: Annotated[SkipJsonSchema[None], _refused("the audience says whom a campaign goes to")] = None
    essential: Annotated[
        SkipJsonSchema[None], _refused("no campaign is essential: send such a message by POST /messages")
    ] = None

    @model_validator(mode="after")
    def _not_too_long(self) -> Self:
        if len(json.dumps(self.message().data, ensure_ascii=False).encode()) > MAX_DATA_BYTES:
            raise ValueError(f"what it says may have {MAX_DATA_BYTES} bytes in all")
        return self


class FrequencyCapBody(Body):
    """At most so many messages to a user in so many hours, direct ones and other campaigns' included."""

    messages: Annotated[int, Field(ge=1, le=100), WHOLE]
    hours: Annotated[int, Field(ge=1, le=WEEK_HOURS), WHOLE]


class ScheduleBody(Body):
    at: Annotated[
        int,
        BeforeValidator(milliseconds),
        WithJsonSchema(
            {
                "type": "string",
                "format": "date-time",
                "description": "ISO 8601 with an offset from UTC; a year ahead at most.",
                "examples": ["2026-11-27T20:00:00+08:00"],
            }
        ),
    ]


class CampaignBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Evening classes"])]
    message: CampaignMessage
    audience: AudienceRequest
    max_per_second: Annotated[int, Field(ge=1, le=100_000), WHOLE] | None = None
    frequency_cap: FrequencyCapBody | None = None
    text_check: TextCheckSchema | None = None

    def plan(self, at: int | None = None) -> Plan:
        cap = self.frequency_cap
        return Plan(
            name=self.name,
            message=self.message.message(),
            audience=self.audience.audience(),
            at=at,
            max_per_second=self.max_per_second,
            frequency_cap=FrequencyCap(cap.messages, cap.hours) if cap else None,
        )

    def check_asked(self) -> TextCheckRequest | None:
        return self.text_check.asked() if self.text_check else None


MESSAGE: dict[str, JsonValue] = {
    "type": "template",
    "template_id": "T1",
    "page": "pages/class?id=7",
    "keywords": ["Evening yoga", "19:30"],
}


class CampaignRequest(CampaignBody):
    """One message to many."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Evening classes", "message": MESSAGE, "audience": {"type": "tag", "tag": "vip"}},
                {
                    "name": "Before they expire",
                    "message": MESSAGE,
                    "audience": {"type": "expiring", "within_hours": 24},
                    "max_per_second": 500,
                    "frequency_cap": {"messages": 1, "hours": 24},
                },
                {
                    "name": "After WeChat's check",
                    "message": MESSAGE,
                    "audience": {"type": "all"},
                    "text_check": {"openid": "oAbC-1234567890defGHI_jklMNO"},
                },
                {"name": "Everybody?", "message": MESSAGE, "audience": {"type": "all"}, "dry_run": True},
            ]
        }
    )

    schedule: ScheduleBody | None = None
    dry_run: Annotated[bool, Field(description="Tell what would happen; nothing is sent or stored.")] = False

    def asked(self) -> Plan:
        return self.plan(self.schedule.at if self.schedule else None)


class FiredCampaign(CampaignBody):
    """A rule fires when it fires: there is no schedule, and no dry run."""

    schedule: None = None
    dry_run: Literal[False] = False


class FiredRequest(Body):
    """What a rule hands over."""

    occurrence: Annotated[str, Field(min_length=1, max_length=2048)]
    campaign: FiredCampaign


class Fired(NamedTuple):
    occurrence: str
    plan: Plan
    text_check: TextCheckRequest | None


def parse_fired(event: Any) -> Fired:
    """Raises ValueError, which says where it is wrong."""
    try:
        fired = FiredRequest.model_validate(event)
    except ValidationError as error:
        wrong = "; ".join(f"{_where(entry['loc'])}: {_said(entry['msg'])}" for entry in error.errors()[:20])
        raise ValueError(f"what was fired is no campaign: {wrong}") from None
    return Fired(fired.occurrence, fired.campaign.plan(), fired.campaign.check_asked())


def _where(location: tuple[str | int, ...]) -> str:
    inside = location[:1] == ("campaign",)
    return "/campaign" + pointer(location[1:]) if inside else pointer(location) or "/"


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")
