"""Users, as they see themselves and as operators see them."""

from datetime import time
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from minipush.domain.users import QuietHours
from minipush.http.schemas.base import Body, Instant
from minipush.http.schemas.names import PermitKindName

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]
Tag = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["vip"])]

QUIET: dict[str, JsonValue] = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}


class QuietHoursBody(Body):
    start: Annotated[Clock, Field(alias="from")]
    end: Annotated[Clock, Field(alias="to")]
    timezone: Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"])]

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError("not the name of a time zone") from None
        return name

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.start == self.end:
            raise ValueError("from and to are the same")
        return self

    @classmethod
    def of(cls, hours: QuietHours) -> Self:
        start, end = f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"
        return cls.model_validate({"from": start, "to": end, "timezone": hours.timezone})

    def hours(self) -> QuietHours:
        return QuietHours(time.fromisoformat(self.start), time.fromisoformat(self.end), self.timezone)


class MePatch(Body):
    """A field that isn't there stays as it is; `"quiet_hours": null` ends them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"opt_out": True}, {"quiet_hours": QUIET}]})

    opt_out: bool | None = None
    quiet_hours: QuietHoursBody | None = None

    def changes(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.opt_out is not None:
            given["opt_out"] = self.opt_out
        if "quiet_hours" in self.model_fields_set:
            given["quiet_hours"] = self.quiet_hours and self.quiet_hours.hours()
        return given


class MeResponse(BaseModel):
    openid: str
    opt_out: bool
    quiet_hours: QuietHoursBody | None


class UserPatch(Body):
    """A field that isn't there stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["vip"], "opt_out": False}]})

    tags: Annotated[list[Tag] | None, Field(max_length=50)] = None
    opt_out: bool | None = None

    def changes(self) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if self.tags is not None:
            given["tags"] = tuple(sorted(set(self.tags)))
        if self.opt_out is not None:
            given["opt_out"] = self.opt_out
        return given


class PermitCounts(BaseModel):
    form: int
    pay: int
    once: dict[str, int]
    long: list[str]


class ReceivedMessage(BaseModel):
    campaign_id: Annotated[str | None, Field(description="Null where it was sent directly.")]
    at: Instant
    permit_kind: PermitKindName


class UserResponse(BaseModel):
    openid: str
    permits: PermitCounts
    next_expiry: Annotated[Instant | None, Field(description="Null where no permit ends.")]
    opt_out: bool
    tags: list[str]
    messages: Annotated[list[ReceivedMessage], Field(description="Of the last week, the newest first.")]
