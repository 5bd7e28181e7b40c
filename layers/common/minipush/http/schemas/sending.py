"""The red switch: whether messages may go out."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.domain.sending import Sending
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant, RequestModel


class SendingRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"enabled": False, "reason": "wrong template"}, {"enabled": True}]}
    )

    enabled: bool
    reason: Annotated[
        str | None, Field(min_length=1, max_length=200, description="For those who ask why. Not for users.")
    ] = None


class SendingResponse(BaseModel):
    enabled: bool
    reason: str | None
    by: Annotated[str | None, Field(description="The name of the operator key that switched last.")]
    at: Annotated[Instant | None, Field(description="When it was switched. Null before anybody has.")]

    @classmethod
    def of(cls, sending: Sending) -> Self:
        at = None if sending.at is None else iso(sending.at)
        return cls(enabled=sending.enabled, reason=sending.reason, by=sending.by, at=at)
