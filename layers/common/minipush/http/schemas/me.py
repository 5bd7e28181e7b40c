"""A user's own settings, and what to ask this user for next."""

from datetime import time
from typing import TYPE_CHECKING, Annotated, Any, Self
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from minipush.domain.users import QuietHours, UserSettings
from minipush.http.schemas.base import RequestModel
from minipush.http.schemas.patterns import Matches

if TYPE_CHECKING:
    from minipush.domain.prompts import Prompt

Clock = Annotated[
    str,
    Matches("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day from 00:00 to 23:59"),
    Field(examples=["22:00"]),
]

# Files beside the time zones: the machine's own setting, the default of POSIX, and a clock that was never set.
NO_ZONES = frozenset({"localtime", "posixrules", "Factory"})

QUIET: dict[str, JsonValue] = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}

SdkVersion = Annotated[
    Annotated[
        str,
        # Development and test versions bear a suffix.
        Matches(
            r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}([-+_ A-Za-z][-+_.0-9A-Za-z]{0,32})?", "a version such as 3.12.1"
        ),
    ]
    | None,
    Query(
        description="The base library's version, from wx.getAppBaseInfo: it limits the number of ids in one call.",
        examples=["3.12.1"],
    ),
]


class QuietHoursSchema(RequestModel):
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]
    timezone: Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"])]

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        """Of the time zones of IANA: the system's files have others, which depend on the machine."""
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError("not the name of a time zone") from None
        if name in NO_ZONES or name.startswith(("right/", "posix/")):
            raise ValueError("not the name of a time zone; one is like Asia/Shanghai")
        return name

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to are the same")
        return self

    @classmethod
    def of(cls, hours: QuietHours) -> Self:
        start, end = f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"
        # Stored hours can be older than the rules for time zones.
        return cls.model_construct(start=start, end=end, timezone=hours.timezone)

    def hours(self) -> QuietHours:
        return QuietHours(time.fromisoformat(self.start), time.fromisoformat(self.end), self.timezone)


class UpdateMeRequest(RequestModel):
    """A missing field stays as it is; `"quiet_hours": null` removes the quiet hours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"opt_out": True}, {"quiet_hours": QUIET}]})

    opt_out: bool | None = None
    quiet_hours: QuietHoursSchema | None = None

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self.opt_out is not None:
            changes["opt_out"] = self.opt_out
        if "quiet_hours" in self.model_fields_set:
            changes["quiet_hours"] = self.quiet_hours and self.quiet_hours.hours()
        return changes


class MeResponse(BaseModel):
    openid: str
    opt_out: bool
    quiet_hours: QuietHoursSchema | None

    @classmethod
    def of(cls, openid: str, settings: UserSettings) -> Self:
        quiet = settings.quiet_hours
        hours = QuietHoursSchema.of(quiet) if quiet else None
        return cls(openid=openid, opt_out=settings.opt_out, quiet_hours=hours)


class PromptResponse(BaseModel):
    template_ids: Annotated[
        list[str],
        Field(
            description="Pass them to wx.requestSubscribeMessage unchanged. Five at most; empty if there is nothing to ask."
        ),
    ]
    long_term: Annotated[bool, Field(description="Applies to all of them. POST /collect needs this value.")]

    @classmethod
    def of(cls, prompt: "Prompt") -> Self:
        return cls(template_ids=list(prompt.template_ids), long_term=prompt.long_term)
