"""The routes of campaigns."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from minipush.application.campaigns.campaign_lifecycle import (
    CampaignLifecycle,
)
from minipush.application.campaigns.create_campaign import (
    CreateCampaign,
)
from minipush.application.campaigns.dry_run import DryRun
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.idempotency import Idempotency
from minipush.domain.campaigns import Campaign, CampaignStatus, Plan
from minipush.domain.deliveries import campaign_id_of_work
from minipush.errors import (
    BlockedTextError,
    ForbiddenTransitionError,
    InvalidDataError,
    InvalidScheduleError,
    TextCheckOpenidError,
    UnknownCampaignError,
)
from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.fields import pointing_into
from minipush.http.edge.idempotency import IdempotencyKey, once
from minipush.http.edge.metrics import CAMPAIGN_BLOCKED, CAMPAIGN_MADE, Count
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.edge.text_checks import telling_of_texts
from minipush.http.schemas.audiences import audience_response
from minipush.http.schemas.campaign_requests import CampaignRequest
from minipush.http.schemas.campaign_responses import (
    CampaignList,
    CampaignResponse,
    DryRunResponse,
    RecipientList,
    campaign_response,
    dry_run_response,
    recipient_response,
)
from minipush.wechat.errors import WeChatError

ROUTES: Routes = {
    "POST /campaigns": Scope.SEND,
    "GET /campaigns": Scope.READ,
    "GET /campaigns/{campaign_id}": Scope.READ,
    "POST /campaigns/{campaign_id}/pause": Scope.SEND,
    "POST /campaigns/{campaign_id}/resume": Scope.SEND,
    "POST /campaigns/{campaign_id}/cancel": Scope.SEND,
    "GET /campaigns/{campaign_id}/recipients": Scope.READ,
}

JSON = "application/json"
# What a campaign that is not there yet may be refused for: nothing of it was done then.
UNDONE = (InvalidScheduleError, InvalidDataError, BlockedTextError, TextCheckOpenidError, WeChatError)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

CampaignId = Annotated[str, Path(examples=["c-0f3bd2a0c6e74cb1a3e9a5d7c8e21b64"])]
Cursor = Annotated[str | None, Query(min_length=1, max_length=512, description="What next_cursor was.")]


@dataclass(frozen=True, slots=True)
class CampaignServices:
    make: CreateCampaign
    dry_run: DryRun
    show: ReadCampaigns
    control: CampaignLifecycle


def add_campaigns(
    app: APIGatewayHttpResolver, campaigns: CampaignServices, idempotency: Idempotency, count: Count
) -> None:
    _add_making(app, campaigns, idempotency, count)
    _add_reading(app, campaigns)
    _add_control(app, campaigns)
    app.exception_handler(UnknownCampaignError)(lambda _: _unknown().response())
    app.exception_handler(ForbiddenTransitionError)(lambda error: _forbidden(error.status).response())
    app.exception_handler(InvalidScheduleError)(
        lambda error: invalid([("/schedule/at", str(error))]).response()
    )


def _add_making(
    app: APIGatewayHttpResolver, campaigns: CampaignServices, idempotency: Idempotency, count: Count
) -> None:
    @app.post(
        "/campaigns",
        operation_id="make_campaign",
        summary="Send one message to many, now or later; or tell what that would come to",
        responses={
            200: {"description": "A dry run", "content": {JSON: {"model": DryRunResponse}}},
            201: {"description": "Made", "content": {JSON: {"model": CampaignResponse}}},
        },
    )
    def post_campaigns(
        body: CampaignRequest, idempotency_key: IdempotencyKey = None
    ) -> Response[CampaignResponse | DryRunResponse]:
        plan, text_check = body.asked(), body.check_asked()

        def make(work_id: str) -> dict[str, Any]:
            try:
                made = campaigns.make(plan, campaign_id_of_work(work_id), text_check)
            except BlockedTextError:
                count(CAMPAIGN_BLOCKED)
                raise
            count(CAMPAIGN_MADE)
            return campaign_response(campaigns.show.progress(made)).model_dump(mode="json")

        with pointing_into(body.message, "message"), telling_of_texts(body.message):
            if body.dry_run:
                return Response(HTTPStatus.OK, JSON, dry_run_response(campaigns.dry_run(plan, text_check)))
            answer = once(idempotency, app, idempotency_key, body, make, UNDONE)
        return Response(HTTPStatus.CREATED, JSON, _with_audience(answer, plan))


def _with_audience(answer: dict[str, Any], plan: Plan) -> CampaignResponse:
    """What is kept under a key has no long lists in it: the same request brings the same one."""
    return CampaignResponse.model_validate(answer | {"audience": audience_response(plan.audience)})


def _add_reading(app: APIGatewayHttpResolver, campaigns: CampaignServices) -> None:
    @app.get("/campaigns", operation_id="list_campaigns", summary="Campaigns, the newest first")
    def get_campaigns(limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Cursor = None) -> CampaignList:
        try:
            found, following = campaigns.show.newest(limit, cursor)
        except ValueError:
            raise _no_cursor() from None
        return CampaignList(items=[campaign_response(progress) for progress in found], next_cursor=following)

    @app.get(
        "/campaigns/<campaign_id>", operation_id="read_campaign", summary="A campaign, and how far it is"
    )
    def get_campaign(campaign_id: CampaignId) -> CampaignResponse:
        progress = campaigns.show.read(_known(campaign_id))
        if progress is None:
            raise UnknownCampaignError(campaign_id)
        return campaign_response(progress)

    @app.get(
        "/campaigns/<campaign_id>/recipients",
        operation_id="list_recipients",
        summary="What became of each recipient",
    )
    def get_recipients(
        campaign_id: CampaignId, limit: Annotated[int, Query(ge=1, le=1000)] = 100, cursor: Cursor = None
    ) -> RecipientList:
        try:
            found, following = campaigns.show.recipients(_known(campaign_id), limit, cursor)
        except ValueError:
            raise _no_cursor() from None
        return RecipientList(items=[recipient_response(entry) for entry in found], next_cursor=following)


def _add_control(app: APIGatewayHttpResolver, campaigns: CampaignServices) -> None:
    def told(campaign: Campaign) -> CampaignResponse:
        return campaign_response(campaigns.show.whole(campaign))

    @app.post(
        "/campaigns/<campaign_id>/pause", operation_id="pause_campaign", summary="Stop a campaign for a while"
    )
    def post_pause(campaign_id: CampaignId) -> CampaignResponse:
        return told(campaigns.control.pause(_known(campaign_id)))

    @app.post(
        "/campaigns/<campaign_id>/resume", operation_id="resume_campaign", summary="Go on where it was paused"
    )
    def post_resume(campaign_id: CampaignId) -> CampaignResponse:
        return told(campaigns.control.resume(_known(campaign_id)))

    @app.post("/campaigns/<campaign_id>/cancel", operation_id="cancel_campaign", summary="End it for good")
    def post_cancel(campaign_id: CampaignId) -> CampaignResponse:
        return told(campaigns.control.cancel(_known(campaign_id)))


def _known(campaign_id: str) -> str:
    """What could never be an id is not looked for."""
    if not _ID.fullmatch(campaign_id):
        raise UnknownCampaignError(campaign_id)
    return campaign_id


def _unknown() -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "There is no such campaign.")


def _forbidden(status: CampaignStatus) -> ProblemError:
    detail = f"The campaign is {status.value}, which does not allow this step."
    return ProblemError(HTTPStatus.CONFLICT, detail)


def _no_cursor() -> ProblemError:
    return invalid([("/cursor", "not what next_cursor was (query)")])
