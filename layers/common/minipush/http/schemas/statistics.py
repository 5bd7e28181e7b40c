"""The statistics of hours and days."""

from enum import StrEnum
from typing import Annotated, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from minipush.domain.messages import Reason
from minipush.domain.statistics import StatisticsEntry
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant

From = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=64,
        description="The first hour or day: ISO 8601 with an offset from UTC, or a date. "
        "Default: 24 hours or 30 days before `to`.",
        examples=["2026-11-01"],
    ),
]
To = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=64,
        description="The end, which is left out: as `from`. Default: now, with the present hour or day.",
        examples=["2026-11-27T12:00:00Z"],
    ),
]


class Step(StrEnum):
    HOUR = "hour"
    DAY = "day"


class StatisticsItem(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    at: Annotated[Instant, Field(description="The start of the hour or day, in UTC.")]
    collected: int
    """Permits: a prepay_id is three."""
    spent: int
    """Permits on which a message was sent, or may have been. Long-term ones are not spent."""
    expired: int
    """Unspent permits, as far as sweeps have seen them expire."""
    sent: int
    failed: int
    skipped: int
    unknown: int
    by_reason: dict[Reason, int]
    reachable_users: Annotated[int | None, Field(description="As last measured. Null without a measure.")]
    permits: Annotated[int | None, Field(description="Live ones, as last measured. Null without a measure.")]


class StatisticsResponse(BaseModel):
    items: list[StatisticsItem]

    @classmethod
    def of(cls, entries: list[StatisticsEntry]) -> Self:
        return cls(items=[_item(entry) for entry in entries])


def _item(entry: StatisticsEntry) -> StatisticsItem:
    activity, pool = entry.activity, entry.pool
    return StatisticsItem(
        at=iso(entry.at),
        collected=activity.collected,
        spent=activity.spent,
        expired=activity.expired,
        sent=activity.sent,
        failed=activity.failed,
        skipped=activity.skipped,
        unknown=activity.unknown,
        by_reason={Reason(name): count for name, count in activity.by_reason.items() if count},
        reachable_users=pool.reachable_users if pool else None,
        permits=pool.permits if pool else None,
    )
