"""The routes by which apps push into inboxes."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path

from minipush.application.centre.limit_pushes import Allowance, LimitPushes
from minipush.application.centre.metrics import of_pushes
from minipush.application.centre.push_message import PushWork
from minipush.application.centre.push_messages import PushMessages
from minipush.application.centre.sent_messages import ReadReceipt, RecallMessage
from minipush.application.idempotency import Idempotency
from minipush.application.metric_names import Count
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import TooManyPushesError, UnknownAppError
from minipush.http.edge.idempotency import IdempotencyKey, answer_idempotently
from minipush.http.edge.problems import rate_limit
from minipush.http.edge.resolver import caller_of, described, json_response, no_content
from minipush.http.schemas.centre.inbox import MessageId
from minipush.http.schemas.centre.messages import PushRequest, PushResponse, PushResult, ReceiptResponse

type FindApp = Callable[[str], App | None]
"""Takes an appid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushServices:
    """`idempotency` makes ids of works by `push_message.work_id`."""

    find_app: FindApp
    push: PushMessages
    limit: LimitPushes
    idempotency: Idempotency
    read_receipt: ReadReceipt
    recall: RecallMessage
    count: Count


def add_pushes(app: APIGatewayHttpResolver, services: PushServices) -> None:
    @app.post(
        "/centre/messages",
        operation_id="push_messages",
        summary="Push a message to 1 to 100 users who have bound the app",
        responses={200: described(PushResponse)},
    )
    def post_messages(body: PushRequest, idempotency_key: IdempotencyKey = None) -> Response[str]:
        sender, allowance = admitted(services.find_app, services.limit, caller_of(app).name)

        def push(work_id: str) -> dict[str, Any]:
            recipients = [one.recipient() for one in body.to]
            outcomes = services.push(sender, recipients, body.push(), PushWork.of(work_id))
            services.count(of_pushes(outcomes))
            results = [PushResult.of(to, outcome) for to, outcome in zip(body.to, outcomes, strict=True)]
            return PushResponse(results=results).model_dump(mode="json")

        nothing_done = (TooManyPushesError,)
        answer = answer_idempotently(services.idempotency, app, idempotency_key, body, push, nothing_done)
        return with_allowance(json_response(answer), allowance)

    @app.get(
        "/centre/messages/<message_id>",
        operation_id="read_receipt",
        summary="Read what became of a message that the app pushed",
    )
    def get_message(message_id: Annotated[MessageId, Path()]) -> ReceiptResponse:
        return ReceiptResponse.of(services.read_receipt(caller_of(app).name, message_id))

    @app.delete(
        "/centre/messages/<message_id>",
        operation_id="recall_message",
        summary="Take back a message that was not read yet",
        responses={HTTPStatus.NO_CONTENT.value: {"description": "Gone from the inbox, unless it was read"}},
    )
    def delete_message(message_id: Annotated[MessageId, Path()]) -> Response[str]:
        services.recall(caller_of(app).name, message_id)
        return no_content([])


def admitted(find_app: FindApp, limit: LimitPushes, appid: str) -> tuple[App, Allowance]:
    """The app that calls, and what is left of its requests. Raises UnknownAppError, TooManyPushesError, StoreError."""
    sender = find_app(appid)
    if sender is None:
        raise UnknownAppError
    return sender, limit.take_request(sender.appid, sender.limits.per_second)


def with_allowance(answer: Response[str], allowance: Allowance) -> Response[str]:
    answer.headers |= rate_limit(allowance.limit, allowance.remaining, allowance.reset)
    return answer
