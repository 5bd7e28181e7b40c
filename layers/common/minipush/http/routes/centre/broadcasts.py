"""The route by which apps push to everybody who has bound them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.application.campaigns.create_campaign import check_time
from minipush.application.centre.limit_pushes import LimitPushes
from minipush.application.centre.start_broadcast import CountBoundUsers, PlannedBroadcast, StartBroadcast
from minipush.application.idempotency import Idempotency
from minipush.application.ports.clock import Clock
from minipush.domain.campaign_errors import InvalidScheduleError
from minipush.domain.centre.apps import App
from minipush.domain.centre.errors import TooManyPushesError
from minipush.domain.deliveries import campaign_id_of_work
from minipush.domain.message_errors import BlockedTextError
from minipush.http.edge.idempotency import IdempotencyKey, answer_idempotently
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.routes.centre.messages import FindApp, admitted, with_allowance
from minipush.http.schemas.centre.broadcasts import (
    BroadcastDryRunResponse,
    BroadcastRequest,
    BroadcastResponse,
)

# After any of these nothing was stored: the Idempotency-Key is free again.
NOTHING_DONE = (InvalidScheduleError, BlockedTextError, TooManyPushesError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastServices:
    find_app: FindApp
    start: StartBroadcast
    count: CountBoundUsers
    limit: LimitPushes
    idempotency: Idempotency
    clock: Clock


def add_broadcasts(app: APIGatewayHttpResolver, services: BroadcastServices) -> None:
    @app.post(
        "/centre/broadcasts",
        operation_id="start_broadcast",
        summary="Push a message to all users who have bound the app, now or later",
        responses={
            200: described(BroadcastDryRunResponse, "A dry run"),
            201: described(BroadcastResponse, "Created"),
        },
    )
    def post_broadcasts(body: BroadcastRequest, idempotency_key: IdempotencyKey = None) -> Response[str]:
        sender, allowance = admitted(services.find_app, services.limit, caller_of(app).name)
        if body.dry_run:
            return with_allowance(_dry_run(services, sender, body), allowance)

        def start(work_id: str) -> dict[str, Any]:
            planned = PlannedBroadcast(app=sender, push=body.push(), at=body.at)
            campaign = services.start(planned, campaign_id_of_work(work_id))
            return BroadcastResponse(id=campaign.id).model_dump(mode="json")

        answer = answer_idempotently(services.idempotency, app, idempotency_key, body, start, NOTHING_DONE)
        return with_allowance(json_response(answer, HTTPStatus.CREATED), allowance)


def _dry_run(services: BroadcastServices, sender: App, body: BroadcastRequest) -> Response[str]:
    check_time(body.at, services.clock())
    recipients = services.count(sender.appid, body.push().level)
    return json_response(BroadcastDryRunResponse(recipients=recipients).model_dump(mode="json"))
