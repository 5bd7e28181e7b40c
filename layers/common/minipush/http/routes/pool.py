"""The route of the pool."""

from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.campaigns.create_campaign import LATE_MS
from minipush.application.ports.clock import Clock
from minipush.application.ports.sweeps import SweepStore
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.schemas.base import milliseconds
from minipush.http.schemas.pool import At, PoolResponse, pool_response

LATEST_MS = timedelta(days=7) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolServices:
    sweeps: SweepStore
    clock: Clock


def add_pool(app: APIGatewayHttpResolver, services: PoolServices) -> None:
    @app.get("/pool", operation_id="read_pool", summary="Read the pool of live permits, from the last sweep")
    def get_pool(at: At = None) -> PoolResponse:
        now = services.clock()
        return pool_response(services.sweeps.pool(), now, now if at is None else _instant(at, now))


def _instant(at: str, now: int) -> int:
    """In ms. Raises ProblemError for a time outside of the next seven days."""
    try:
        instant = milliseconds(at)
    except ValueError as error:
        raise _invalid(f"{error}; a + is written %2B") from None
    if instant < now - LATE_MS:
        raise _invalid("is in the past")
    if instant > now + LATEST_MS:
        raise _invalid("is more than seven days ahead")
    return instant


def _invalid(why: str) -> ProblemError:
    return invalid([("/at", f"{why} (query)")])
