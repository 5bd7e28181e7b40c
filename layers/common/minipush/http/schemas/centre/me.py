"""A user's own settings of the message centre."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown, Preferences
from minipush.domain.centre.reminders import ChannelKind
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, LONGEST_INSTANT, Instant, RequestModel, milliseconds

ChannelName = Literal["bark", "email", "sms", "official", "subscribe"]
GivenInstant = Annotated[
    int,
    BeforeValidator(milliseconds),
    Field(json_schema_extra={"type": "string", "format": "date-time", "maxLength": LONGEST_INSTANT}),
]


class DoNotDisturbRequest(RequestModel):
    """Without `until`: until the user says otherwise."""

    until: GivenInstant | None = None

    def value(self) -> DoNotDisturb:
        return DoNotDisturb(self.until)


class DoNotDisturbResponse(BaseModel):
    until: Annotated[Instant | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, do_not_disturb: DoNotDisturb) -> Self:
        until = do_not_disturb.until
        return cls(until=None if until is None else iso(until))


class UpdateCentreRequest(RequestModel):
    """A missing field stays as it is; `"do_not_disturb": null` ends it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"channels": ["bark", "email"], "on_unknown": "stop"},
                {"do_not_disturb": {"until": "2026-12-01T08:00:00Z"}},
            ]
        }
    )

    channels: Annotated[
        list[ChannelName] | None,
        Field(
            max_length=len(ChannelKind),
            description="The order in which channels are tried. Those left out are not used.",
        ),
    ] = None
    do_not_disturb: DoNotDisturbRequest | None = None
    on_unknown: Literal["next", "stop"] | None = None
    receipts: bool | None = None

    @field_validator("channels")
    @classmethod
    def _once_each(cls, channels: list[str] | None) -> list[str] | None:
        if channels is not None and len(set(channels)) < len(channels):
            raise ValueError("a channel is named twice")
        return channels

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self.channels is not None:
            changes["channels"] = tuple(map(ChannelKind, self.channels))
        if self.on_unknown is not None:
            changes["on_unknown"] = OnUnknown(self.on_unknown)
        if self.receipts is not None:
            changes["receipts"] = self.receipts
        if "do_not_disturb" in self.model_fields_set:
            changes["do_not_disturb"] = self.do_not_disturb and self.do_not_disturb.value()
        return changes


class CentreResponse(BaseModel):
    channels: list[ChannelKind]
    do_not_disturb: DoNotDisturbResponse | None
    on_unknown: OnUnknown
    receipts: bool
    unread: Annotated[int, Field(description="Messages that are unread; 99 stands for more.")]

    @classmethod
    def of(cls, preferences: Preferences, unread: int) -> Self:
        quiet = preferences.do_not_disturb
        return cls(
            channels=list(preferences.channels),
            do_not_disturb=DoNotDisturbResponse.of(quiet) if quiet else None,
            on_unknown=preferences.on_unknown,
            receipts=preferences.receipts,
            unread=unread,
        )
