"""All live permits, and whom they reach."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.pool import CLASSIC, PoolMeasure, Reach
from minipush.domain.pool_hours import hour_of, instant_of
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant
from minipush.http.schemas.names import MessageTypeName

At = Annotated[
    str | None,
    Query(
        max_length=64,
        description="The planned time: ISO 8601 with an offset from UTC, within seven days. Default: now.",
        examples=["2026-11-27T12:00:00Z"],
    ),
]


class DayResponse(BaseModel):
    day: Annotated[str, Field(description="UTC.", json_schema_extra={"format": "date"})]
    permits: int


class ReachResponse(BaseModel):
    """The users that one kind of message would reach."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: MessageTypeName
    template_id: str | None
    """Null for classic template messages: formIds and prepay_ids fit any template."""
    is_known: bool
    """Whether the template was synced or has a target. Users can report templates that don't exist."""
    reachable_now: int
    """Users who could get the message at `measured_at`: a permit, no opt-out, no quiet hours."""
    reachable_then: int
    """The same at `at`, with the same permits."""
    permits: int
    permits_gone: int
    """The number of permits that will have expired by `at`."""


class PoolResponse(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    reachable_users: int
    """Users with a live permit who did not opt out."""
    permits: int
    expiring: list[DayResponse]
    measured_at: Annotated[Instant | None, Field(description="Null before the first sweep.")]
    at: Annotated[Instant, Field(description="The requested time, rounded up to a whole hour.")]
    templates: list[ReachResponse]
    """Classic template messages first, then known subscription templates with permits, then others."""
    unlisted_permits: int
    """Permits of templates that are not listed, because there are more than 100."""


def pool_response(measure: PoolMeasure | None, now: int, at: int) -> PoolResponse:
    """`now` and `at` are in ms. Before the first sweep the pool is empty."""
    shown = measure or PoolMeasure(now)
    hour = hour_of(at, shown.now)
    return PoolResponse(
        reachable_users=shown.reachable_users,
        permits=shown.permits,
        expiring=[DayResponse(day=day, permits=permits) for day, permits in shown.expiring_by_day()],
        measured_at=iso(measure.now) if measure else None,
        at=iso(instant_of(hour, shown.now)),
        templates=[
            _reach_response(name, shown.reaches[name], hour, is_known=is_known)
            for is_known, name in _listed(shown)
        ],
        unlisted_permits=shown.unlisted_permits,
    )


def _listed(measure: PoolMeasure) -> list[tuple[bool, str]]:
    """Whether each template is known, and its id. CLASSIC comes first."""
    known = {CLASSIC, *measure.known}
    reaches = measure.reaches.items()
    entries = [(name in known, name) for name, reach in reaches if reach.permits or name == CLASSIC]
    return sorted(entries, key=lambda entry: (not entry[0], entry[1]))


def _reach_response(template_id: str, reach: Reach, hour: int, *, is_known: bool) -> ReachResponse:
    return ReachResponse(
        is_known=is_known,
        type=(TEMPLATE_MESSAGE if template_id == CLASSIC else SUBSCRIBE_MESSAGE).name,
        template_id=None if template_id == CLASSIC else template_id,
        reachable_now=reach.users_at(0),
        reachable_then=reach.users_at(hour),
        permits=reach.permits,
        permits_gone=reach.expired_by(hour),
    )
