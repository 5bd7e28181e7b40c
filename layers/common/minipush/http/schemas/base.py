"""What the bodies of the HTTP contract have in common, and the small ones."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_EPOCH = datetime.fromtimestamp(0, UTC)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


LEFT_OUT_IF_NONE = Field(exclude_if=lambda value: value is None, json_schema_extra=_without_default)
Instant = Annotated[str, Field(description="ISO 8601, UTC.", json_schema_extra={"format": "date-time"})]


def _whole(number: Any) -> Any:
    """1.0 is an integer in JSON, whatever language wrote it."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def milliseconds(given: Any) -> int:
    """Since the epoch. Raises ValueError for what is no instant in ISO 8601."""
    try:
        instant = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError("not an instant as ISO 8601 has it") from None
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC: Z, or such as +08:00")
    return (instant - _EPOCH) // timedelta(milliseconds=1)


WHOLE = BeforeValidator(_whole)


class Body(BaseModel):
    """Nothing is coerced, and an unknown field is an error: a misspelt one must not pass unseen."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SessionRequest(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "0b1Xy2Za3"}]})

    code: Annotated[str, Field(min_length=1, max_length=512, description="What wx.login gave.")]


class SessionResponse(BaseModel):
    token: str
    expires_in: Annotated[int, Field(description="Seconds.")]
    openid: str


class HealthResponse(BaseModel):
    status: Literal["ok"]
