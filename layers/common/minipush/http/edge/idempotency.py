"""The header Idempotency-Key: the same work is done once, and answered the same."""

import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Header

from minipush.application.idempotency import Idempotency
from minipush.errors import IdempotencyKeyReusedError, RequestInProgressError
from minipush.http.edge.problems import ProblemError
from minipush.http.edge.service import caller_of
from minipush.http.schemas.base import Body

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern="^[ -~]+$",
        description="The same key within 24 hours sends once and answers the same.",
    ),
]

type Work = Callable[[str], dict[str, Any]]
"""Takes its id, and goes on where an earlier try with the same id died."""


def once(
    idempotency: Idempotency,
    app: APIGatewayHttpResolver,
    key: str | None,
    body: Body,
    work: Work,
    undone: tuple[type[Exception], ...] = (),
) -> dict[str, Any]:
    """What the work answers. Without a key it is done under an id of its own. Raises what `work` raises.

    `undone`: what it raises where nothing of it was done, so that the key is free again.
    """
    if key is None:
        return work(uuid.uuid4().hex)
    lease_ms = app.lambda_context.get_remaining_time_in_millis()
    asked = body.model_dump(mode="json")
    try:
        return idempotency(f"{caller_of(app).name}\0{key}", asked, lease_ms, work, undone)
    except IdempotencyKeyReusedError:
        detail = "This Idempotency-Key came with another body before."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None
    except RequestInProgressError:
        detail = "The first request with this Idempotency-Key is still running."
        raise ProblemError(HTTPStatus.CONFLICT, detail, headers={"Retry-After": "1"}) from None
