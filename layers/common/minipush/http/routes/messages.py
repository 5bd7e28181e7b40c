"""The route that sends a message directly."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.application.delivery.send_messages import SendMessages
from minipush.application.idempotency import Idempotency
from minipush.application.metric_names import Count
from minipush.application.metrics import of_messages
from minipush.application.record_statistics import RecordStatistics
from minipush.domain.messages import Outcome
from minipush.domain.statistics import Activity
from minipush.http.edge.access import Caller
from minipush.http.edge.idempotency import IdempotencyKey, answer_idempotently
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.schemas.messages import MessageRequest, MessagesResponse, result_response

# Reserved at the end of the function's time, for storing the answer.
RESERVE_SECONDS = 4.0

type Run = Callable[[Coroutine[Any, Any, list[Outcome]]], list[Outcome]]
"""Runs a coroutine on the event loop that owns the connections to WeChat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageServices:
    """`send_at_rate`: direct sends of an operator, by name, at so many messages a second."""

    send_messages: SendMessages
    send_at_rate: Callable[[str, int], SendMessages]
    run: Run
    idempotency: Idempotency
    count: Count
    record: RecordStatistics


def add_messages(app: APIGatewayHttpResolver, services: MessageServices) -> None:
    @app.post(
        "/messages",
        operation_id="send_messages",
        summary="Send one message to 1 to 100 users",
        responses={200: described(MessagesResponse)},
    )
    def post_messages(body: MessageRequest, idempotency_key: IdempotencyKey = None) -> Response[str]:
        sender = _sender(services, caller_of(app), body)
        remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
        deadline = time.monotonic() + remaining - RESERVE_SECONDS

        def send(delivery_id: str) -> dict[str, Any]:
            sending = sender(body.touser, body.message(), delivery_id, deadline)
            outcomes = services.run(sending)
            services.count(of_messages(outcomes))
            services.record(Activity.of_outcomes(outcomes))
            results = [result_response(outcome) for outcome in outcomes]
            return MessagesResponse(results=results).model_dump(mode="json")

        return json_response(answer_idempotently(services.idempotency, app, idempotency_key, body, send))


def _sender(services: MessageServices, caller: Caller, body: MessageRequest) -> SendMessages:
    """The use case, within the limits of the operator's key. Raises OperatorLimitError."""
    limits = caller.limits
    limits.check_template(body.template_id)
    limits.check_audience(len(set(body.touser)))
    if limits.per_second is None:
        return services.send_messages
    return services.send_at_rate(caller.name, limits.per_second)
