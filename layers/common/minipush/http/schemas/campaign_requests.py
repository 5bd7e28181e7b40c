"""Requests for campaigns: from a back end, or from a rule that fires."""

import json
import re
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Self

from pydantic import (
    AfterValidator,
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
from minipush.domain.blanks import trimmed
from minipush.domain.campaigns import FrequencyCap, Plan
from minipush.http.edge.mistakes import text_of
from minipush.http.edge.pointers import pointer
from minipush.http.schemas.audiences import WEEK_HOURS, AudienceRequest
from minipush.http.schemas.base import LONGEST_INSTANT, WHOLE, RequestModel, milliseconds
from minipush.http.schemas.messages import MessageFields
from minipush.http.schemas.text_checks import TextCheckSchema

# Workers read the campaign several times a second to see whether it still runs.
MAX_DATA_BYTES = 16 * 1024
# `<aws.scheduler.scheduled-time>` of EventBridge Scheduler, or a variable of a rule's input transformer.
PLACEHOLDER = re.compile(r"<[A-Za-z][\w.-]*>")


def _refused(why: str) -> BeforeValidator:
    def refuse(_: object) -> NoReturn:
        raise ValueError(why)

    return BeforeValidator(refuse)


class CampaignMessage(MessageFields):
    """A message to the campaign's audience."""

    touser: Annotated[SkipJsonSchema[None], _refused("the audience defines the recipients of a campaign")] = (
        None
    )
    essential: Annotated[
        SkipJsonSchema[None],
        _refused("a campaign can't be essential: send such a message with POST /messages"),
    ] = None

    @model_validator(mode="after")
    def _not_too_long(self) -> Self:
        if len(json.dumps(self.message().data, ensure_ascii=False).encode()) > MAX_DATA_BYTES:
            raise ValueError(f"the message's data may have {MAX_DATA_BYTES} bytes at most")
        return self


class FrequencyCapSchema(RequestModel):
    """At most this many messages to a user in this many hours, including direct ones and other campaigns'."""

    messages: Annotated[int, Field(ge=1, le=100), WHOLE]
    hours: Annotated[int, Field(ge=1, le=WEEK_HOURS), WHOLE]

    def cap(self) -> FrequencyCap:
        return FrequencyCap(self.messages, self.hours)


class ScheduleRequest(RequestModel):
    at: Annotated[
        int,
        BeforeValidator(milliseconds),
        WithJsonSchema(
            {
                "type": "string",
                "format": "date-time",
                "maxLength": LONGEST_INSTANT,
                "description": "ISO 8601 with an offset from UTC; at most 366 days ahead.",
                "examples": ["2026-11-27T20:00:00+08:00"],
            }
        ),
    ]


def _not_blank(name: str) -> str:
    if not trimmed(name):
        raise ValueError("the name has only blanks")
    return name


CampaignName = Annotated[
    str, Field(min_length=1, max_length=200, examples=["Evening classes"]), AfterValidator(_not_blank)
]
MaxPerSecond = Annotated[int, Field(ge=1, le=100_000), WHOLE]


class CampaignFields(RequestModel):
    name: CampaignName
    message: CampaignMessage
    audience: AudienceRequest
    max_per_second: MaxPerSecond | None = None
    frequency_cap: FrequencyCapSchema | None = None
    text_check: TextCheckSchema | None = None

    def plan(self, at: int | None = None) -> Plan:
        return Plan(
            name=self.name,
            message=self.message.message(),
            audience=self.audience.audience(),
            at=at,
            max_per_second=self.max_per_second,
            frequency_cap=self.frequency_cap.cap() if self.frequency_cap else None,
        )

    def requested_check(self) -> TextCheckRequest | None:
        return self.text_check.request() if self.text_check else None


MESSAGE: dict[str, JsonValue] = {
    "type": "subscribe",
    "template_id": "S1",
    "page": "pages/class?id=7",
    "data": {"thing1": {"value": "Evening yoga"}, "time2": {"value": "19:30"}},
}


class CampaignRequest(CampaignFields):
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

    schedule: ScheduleRequest | None = None
    dry_run: Annotated[
        bool, Field(description="Return what would happen, without sending or storing anything.")
    ] = False

    def requested_plan(self) -> Plan:
        return self.plan(self.schedule.at if self.schedule else None)


class FiredCampaign(CampaignFields):
    """A rule decides the time of its campaign: it has no schedule and no dry run."""

    schedule: None = None
    dry_run: Literal[False] = False


def _without_placeholder(occurrence: str) -> str:
    """A placeholder that nothing replaced is the same at every firing: all but the first would do nothing."""
    if found := PLACEHOLDER.search(occurrence):
        raise ValueError(f"{found[0]} was not replaced: it is no variable of this rule's or schedule's input")
    return occurrence


class FiredRequest(RequestModel):
    """The event that a rule passes to the function."""

    occurrence: Annotated[
        str,
        BeforeValidator(lambda given: trimmed(given) if isinstance(given, str) else given),
        Field(min_length=1, max_length=2048),
        AfterValidator(_without_placeholder),
    ]
    campaign: FiredCampaign


class Fired(NamedTuple):
    occurrence: str
    plan: Plan
    text_check: TextCheckRequest | None


def parse_fired(event: Any) -> Fired:
    """Raises ValueError, which lists what is wrong and where."""
    try:
        fired = FiredRequest.model_validate(event)
    except ValidationError as error:
        mistakes = "; ".join(f"{_where(entry['loc'])}: {text_of(entry)}" for entry in error.errors()[:20])
        raise ValueError(f"the event is not a campaign: {mistakes}") from None
    return Fired(fired.occurrence, fired.campaign.plan(), fired.campaign.requested_check())


def _where(location: tuple[str | int, ...]) -> str:
    inside = location[:1] == ("campaign",)
    return "/campaign" + pointer(location[1:]) if inside else pointer(location) or "/"
