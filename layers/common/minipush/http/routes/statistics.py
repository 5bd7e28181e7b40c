"""The route of the statistics."""

from dataclasses import dataclass
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.ports.clock import Clock
from minipush.application.ports.statistics import StatisticsStore
from minipush.domain.statistics import KEPT_DAYS
from minipush.domain.timestamps import DAY_MS, HOUR_MS
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.schemas.base import milliseconds
from minipush.http.schemas.statistics import From, StatisticsResponse, Step, To

# An answer has some hundred items at most.
MOST: Final = {Step.HOUR: 31 * DAY_MS, Step.DAY: KEPT_DAYS * DAY_MS}
USUAL: Final = {Step.HOUR: DAY_MS, Step.DAY: 30 * DAY_MS}
LENGTH: Final = {Step.HOUR: HOUR_MS, Step.DAY: DAY_MS}
DATE: Final = len("2026-11-30")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsServices:
    statistics: StatisticsStore
    clock: Clock


def add_statistics(app: APIGatewayHttpResolver, services: StatisticsServices) -> None:
    @app.get(
        "/stats", operation_id="read_statistics", summary="Read what was sent and collected, by hour or day"
    )
    def get_stats(from_: From = None, to: To = None, step: Step = Step.DAY) -> StatisticsResponse:
        now = services.clock()
        until = _instant(to, "to") if to else now - now % LENGTH[step] + LENGTH[step]
        first = _instant(from_, "from") if from_ else until - USUAL[step]
        _check(first, until, step, now)
        store = services.statistics
        read = store.hours if step is Step.HOUR else store.days
        return StatisticsResponse.of(read(first, until, now))


def _check(first: int, until: int, step: Step, now: int) -> None:
    if first >= until:
        raise _invalid("from", "is not before `to`")
    if first < now - (KEPT_DAYS + 1) * DAY_MS:
        raise _invalid("from", f"is more than {KEPT_DAYS} days ago: statistics are not kept for longer")
    first -= first % LENGTH[step]
    if until - first > MOST[step]:
        raise _invalid(
            "from", f"is more than {MOST[step] // DAY_MS} days before `to`, the most by the {step.value}"
        )


def _instant(text: str, name: str) -> int:
    """In ms; a date is its beginning in UTC. Raises ProblemError."""
    try:
        return milliseconds(f"{text}T00:00Z" if len(text) == DATE else text)
    except ValueError as error:
        raise _invalid(name, f"{error}; a + is written %2B") from None


def _invalid(name: str, why: str) -> ProblemError:
    return invalid([(f"/{name}", f"{why} (query)")])
