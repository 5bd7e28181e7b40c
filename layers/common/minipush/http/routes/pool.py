"""The route of the pool."""

from datetime import timedelta
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from minipush.application.campaigns.create_campaign import LATE_MS
from minipush.application.ports.clock import Clock
from minipush.application.ports.sweeps import SweepStore
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.hours import hour_of, instant_of
from minipush.domain.pool import CLASSIC, PoolMeasure, Reach
from minipush.domain.timestamps import iso
from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.schemas.base import Instant, milliseconds
from minipush.http.schemas.names import MessageTypeName

ROUTES: Routes = {"GET /pool": Scope.READ}

FARTHEST_MS = timedelta(days=7) // timedelta(milliseconds=1)

At = Annotated[
    str | None,
    Query(
        max_length=64,
        description="The planned hour: ISO 8601 with an offset from UTC, within seven days. Now, unless given.",
        examples=["2026-11-27T12:00:00Z"],
    ),
]


class DayResponse(BaseModel):
    day: Annotated[str, Field(description="UTC.", json_schema_extra={"format": "date"})]
    permits: int


class ReachResponse(BaseModel):
    """Whom one kind of message would reach."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    type: MessageTypeName
    template_id: str | None
    """Null for classic template messages: formIds and prepay_ids serve any template."""
    reachable_now: int
    """Users who could be sent to at `measured_at`: a permit, no opt-out, no quiet hours."""
    reachable_then: int
    """Of the same permits, at `at`."""
    permits: int
    permits_gone: int
    """How many of the permits will have expired by `at`."""


class PoolResponse(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    reachable_users: int
    """Users with a live permit who did not opt out."""
    permits: int
    expiring: list[DayResponse]
    measured_at: Annotated[Instant | None, Field(description="Null before the first sweep.")]
    at: Annotated[Instant, Field(description="What was asked for, rounded up to a whole hour.")]
    templates: list[ReachResponse]
    """Classic template messages first, then each subscription template that anybody holds a permit of."""


def add_pool(app: APIGatewayHttpResolver, sweeps: SweepStore, clock: Clock) -> None:
    @app.get("/pool", operation_id="read_pool", summary="All live permits, as the sweep last measured them")
    def get_pool(at: At = None) -> PoolResponse:
        now = clock()
        return _told(sweeps.pool(), now, now if at is None else _within_reach(at, now))


def _within_reach(at: str, now: int) -> int:
    try:
        instant = milliseconds(at)
    except ValueError as error:
        raise _invalid(f"{error}; a + is written %2B") from None
    if instant < now - LATE_MS:
        raise _invalid("is in the past")
    if instant > now + FARTHEST_MS:
        raise _invalid("is more than seven days ahead")
    return instant


def _invalid(why: str) -> ProblemError:
    return invalid([("/at", f"{why} (query)")])


def _told(measure: PoolMeasure | None, now: int, at: int) -> PoolResponse:
    shown = measure or PoolMeasure(now)
    hour = hour_of(at, shown.now)
    return PoolResponse(
        reachable_users=shown.reachable_users,
        permits=shown.permits,
        expiring=[DayResponse(day=day, permits=permits) for day, permits in shown.expiring_by_day()],
        measured_at=iso(measure.now) if measure else None,
        at=iso(instant_of(hour, shown.now)),
        templates=[_reach_told(name, reach, hour) for name, reach in sorted(shown.reaches.items())],
    )


def _reach_told(template_id: str, reach: Reach, hour: int) -> ReachResponse:
    return ReachResponse(
        type=(TEMPLATE_MESSAGE if template_id == CLASSIC else SUBSCRIBE_MESSAGE).name,
        template_id=None if template_id == CLASSIC else template_id,
        reachable_now=reach.users_at(0),
        reachable_then=reach.users_at(hour),
        permits=reach.permits,
        permits_gone=reach.gone_by(hour),
    )
