"""What the schemas of the HTTP contract have in common."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from minipush.domain.blanks import trimmed

_EPOCH = datetime.fromtimestamp(0, UTC)
LONGEST_INSTANT = 64
_DAYS_END = re.compile(r"(?<=[T ])24(:?00(:?00(\.0+)?)?)?(?![0-9:.])")


def without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


LEFT_OUT_IF_NONE = Field(exclude_if=lambda value: value is None, json_schema_extra=without_default)
Instant = Annotated[str, Field(description="ISO 8601, UTC.", json_schema_extra={"format": "date-time"})]


def _whole(number: Any) -> Any:
    """1.0 is an integer in JSON, and some languages write it so."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def milliseconds(given: Any) -> int:
    """Since the epoch. Raises ValueError for a text that is not an instant in ISO 8601.

    The letters may be small (RFC 3339), and the hour may be 24, the end of the day.
    """
    text, days = _DAYS_END.subn("00\\1", str(given)[: LONGEST_INSTANT + 1].strip().upper(), count=1)
    try:
        instant = datetime.fromisoformat(text if isinstance(given, str) else "") + timedelta(days=days)
    except (ValueError, OverflowError):
        raise ValueError("not an instant in ISO 8601") from None
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC: Z, or such as +08:00")
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def _not_blank(text: str) -> str:
    if not trimmed(text):
        raise ValueError("must not consist of blanks")
    return trimmed(text)


WHOLE = BeforeValidator(_whole)
NOT_BLANK = AfterValidator(_not_blank)
"""Blanks at the ends are left out."""
Cursor = Annotated[
    str | None, Query(min_length=1, max_length=512, description="next_cursor of the previous page.")
]
AnyLimit = Annotated[int | None, Query(ge=1, le=1000, description="The whole list without it.")]


class RequestModel(BaseModel):
    """Coerces nothing, and refuses unknown fields: a misspelt field must not be ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)
