"""What back ends and operators call."""

import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Path

from minipush.application.campaigns.create_campaign import campaign_of
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.idempotency import Idempotency
from minipush.application.permits.collect_permits import CollectPermits
from minipush.application.ports.clock import Clock
from minipush.application.ports.sweeps import SweepStore
from minipush.application.ports.users import UserStore
from minipush.domain import permit_kinds
from minipush.domain.messages import Outcome
from minipush.domain.permits import CLAIM_KEPT_MS, Permit
from minipush.domain.timestamps import iso
from minipush.domain.users import User
from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.fields import pointing_into
from minipush.http.edge.idempotency import IdempotencyKey, once
from minipush.http.edge.metrics import Count, of_messages, of_permits
from minipush.http.routes import campaigns as campaign_routes
from minipush.http.routes import pool as pool_routes
from minipush.http.routes import subscription_targets as target_routes
from minipush.http.routes import templates as template_routes
from minipush.http.routes.campaigns import CampaignServices, add_campaigns
from minipush.http.routes.mini_program import collect_answer
from minipush.http.routes.pool import add_pool
from minipush.http.routes.subscription_targets import add_stock
from minipush.http.routes.templates import TemplateServices, add_templates
from minipush.http.schemas.messages import MessageRequest, MessagesResponse, ResultResponse
from minipush.http.schemas.permits import CollectRequest, CollectResponse
from minipush.http.schemas.users import PermitCounts, ReceivedMessage, UserPatch, UserResponse

ROUTES: Routes = {
    "POST /messages": Scope.SEND,
    **campaign_routes.ROUTES,
    **template_routes.ROUTES,
    **target_routes.ROUTES,
    "GET /users/{openid}": Scope.READ,
    "PATCH /users/{openid}": Scope.ADMIN,
    "POST /users/{openid}/permits": Scope.ADMIN,
    **pool_routes.ROUTES,
}

# What a direct send leaves of the function's time for writing its answer down.
RESERVE_SECONDS = 4.0

type Run = Callable[[Coroutine[Any, Any, list[Outcome]]], list[Outcome]]
"""Runs a coroutine on the loop that the connections to WeChat live on."""

Openid = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def operators_app(
    send_messages: SendMessages,
    run: Run,
    idempotency: Idempotency,
    campaigns: CampaignServices,
    templates: TemplateServices,
    collect_permits: CollectPermits,
    users: UserStore,
    sweeps: SweepStore,
    clock: Clock,
    count: Count,
) -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.post("/messages", operation_id="send_messages", summary="Send one message to 1 to 100 users")
    def post_messages(body: MessageRequest, idempotency_key: IdempotencyKey = None) -> MessagesResponse:
        remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
        deadline = time.monotonic() + remaining - RESERVE_SECONDS

        def send(delivery_id: str) -> dict[str, Any]:
            with pointing_into(body):
                outcomes = run(send_messages(body.touser, body.message(), delivery_id, deadline))
            count(of_messages(outcomes))
            return {"results": [_result(outcome) for outcome in outcomes]}

        return MessagesResponse.model_validate(once(idempotency, app, idempotency_key, body, send))

    add_campaigns(app, campaigns, idempotency, count)
    add_templates(app, templates)
    add_stock(app, templates)

    @app.get("/users/<openid>", operation_id="read_user", summary="A user's permits and settings")
    def get_user(openid: Openid) -> UserResponse:
        return _user(users.read(openid), clock())

    @app.patch("/users/<openid>", operation_id="change_user", summary="Change a user's tags and opt-out")
    def patch_user(openid: Openid, body: UserPatch) -> UserResponse:
        changes = body.changes()
        if changes:
            users.change(openid, changes)
        return _user(users.read(openid), clock())

    @app.post(
        "/users/<openid>/permits", operation_id="add_permits", summary="Hand over permits on a user's behalf"
    )
    def post_permits(openid: Openid, body: CollectRequest) -> CollectResponse:
        collected = collect_permits(openid, body.offers())
        count(of_permits(collected))
        return collect_answer(collected)

    add_pool(app, sweeps, clock)
    return app


def _result(outcome: Outcome) -> dict[str, Any]:
    result = ResultResponse(
        openid=outcome.openid,
        status=outcome.status,
        reason=outcome.reason,
        errcode=outcome.errcode,
        permit_kind=outcome.permit_kind.name if outcome.permit_kind else None,
        msgid=None if outcome.msgid is None else str(outcome.msgid),
    )
    return result.model_dump(mode="json")


def _user(user: User, now: int) -> UserResponse:
    live = user.live(now)
    expiries = [permit.expires_at for permit in live if permit.expires_at is not None]
    return UserResponse(
        openid=user.openid,
        permits=_counts(live),
        next_expiry=iso(min(expiries)) if expiries else None,
        opt_out=user.settings.opt_out,
        tags=list(user.settings.tags),
        messages=_messages(user, now - CLAIM_KEPT_MS),
    )


def _messages(user: User, then: int) -> list[ReceivedMessage]:
    """Which permits were spent on, newest first: what WeChat refused or could not deliver brought nothing."""
    claimed = [(permit.claim, permit.kind) for permit in user.permits if permit.claim]
    spent = [(claim, kind) for claim, kind in claimed if claim.brought_a_message and claim.at > then]
    return [
        ReceivedMessage(campaign_id=campaign_of(claim.delivery), at=iso(claim.at), permit_kind=kind.name)
        for claim, kind in sorted(spent, key=lambda entry: entry[0].at, reverse=True)
    ]


def _counts(live: list[Permit]) -> PermitCounts:
    once = [str(permit.template_id) for permit in live if permit.kind is permit_kinds.ONCE]
    return PermitCounts(
        form=sum(permit.kind is permit_kinds.FORM for permit in live),
        pay=sum(permit.kind is permit_kinds.PAY for permit in live),
        once={template_id: once.count(template_id) for template_id in once},
        long=sorted(str(permit.template_id) for permit in live if permit.kind is permit_kinds.LONG),
    )
