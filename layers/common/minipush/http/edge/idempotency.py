"""The header Idempotency-Key: a repeated request does its work once and gets the same response."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Header

from minipush.application.idempotency import Idempotency, Work
from minipush.http.edge.resolver import asked_of, caller_of
from minipush.http.schemas.base import RequestModel
from minipush.http.schemas.patterns import Matches

IdempotencyKey = Annotated[
    Annotated[str, Matches("[ -~]{1,255}", "1 to 255 printable ASCII characters")] | None,
    Header(
        alias="Idempotency-Key",
        description="The same key within 24 hours does the work once and returns the same response.",
    ),
]


def answer_idempotently(
    idempotency: Idempotency,
    app: APIGatewayHttpResolver,
    key: str | None,
    body: RequestModel,
    work: Work,
    release_on: tuple[type[Exception], ...] = (),
) -> dict[str, Any]:
    """The answer of `work`. Without a key, the work runs under a new id. Keys are separate for each operator.

    A request that is rejected before anything was done frees its key. `release_on`: further exceptions after
    which nothing was done, also by an earlier try. Raises
    RequestInProgressError, IdempotencyKeyReusedError, StoreError, and what `work` raises.
    """
    if key is None:
        return work(idempotency.new_work())
    asked = asked_of(app)

    def first(work_id: str) -> dict[str, Any]:
        asked.is_repeat = False
        return work(work_id)

    asked.is_repeat = True
    lease_ms = app.lambda_context.get_remaining_time_in_millis()
    request = body.model_dump(mode="json")
    return idempotency(f"{caller_of(app).name}\0{key}", request, lease_ms, first, release_on)
