"""The routes of campaigns."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from minipush.application.campaigns.assess_audience import AssessAudience
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.create_campaign import CreateCampaign
from minipush.application.campaigns.dry_run import DryRun
from minipush.application.campaigns.edit_campaign import EditCampaign
from minipush.application.campaigns.find_recipient import FindRecipient
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.campaigns.read_minutes import ReadMinutes
from minipush.application.campaigns.read_report import ReadReport
from minipush.application.cursors import Cursors
from minipush.application.idempotency import Idempotency
from minipush.application.messages.check_text import TextCheckRequest
from minipush.application.metric_names import Count
from minipush.application.metrics import CAMPAIGN_BLOCKED, CAMPAIGN_CREATED
from minipush.domain.campaign_errors import (
    ForbiddenTransitionError,
    InvalidScheduleError,
    UnknownCampaignError,
)
from minipush.domain.campaigns import Campaign, CampaignStatus, Plan
from minipush.domain.deliveries import campaign_id_of_work
from minipush.domain.ids import is_plain_id
from minipush.domain.message_errors import BlockedTextError, InvalidDataError, TextCheckOpenidError
from minipush.domain.messages import Status
from minipush.domain.operators import NO_LIMITS
from minipush.errors import OperatorLimitError, WeChatUnavailableError
from minipush.http.edge.idempotency import IdempotencyKey, answer_idempotently
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.schemas.audiences import audience_json
from minipush.http.schemas.base import AnyLimit, Cursor
from minipush.http.schemas.campaign_changes import CampaignChanges, ChangedCampaign
from minipush.http.schemas.campaign_history import (
    CampaignTimelineResponse,
    HistoryResponse,
    history_response,
    place_of,
    read_timeline_cursor,
    timeline_response,
)
from minipush.http.schemas.campaign_requests import CampaignRequest
from minipush.http.schemas.campaign_responses import (
    CampaignList,
    CampaignResponse,
    DryRunResponse,
    campaign_response,
    dry_run_response,
)
from minipush.http.schemas.recipients import (
    RecipientDetail,
    RecipientList,
    recipient_detail,
    recipient_response,
)

# After any of these, no part of the campaign was created, whichever try it is: the Idempotency-Key is free again.
NOTHING_DONE = (
    InvalidScheduleError,
    InvalidDataError,
    BlockedTextError,
    TextCheckOpenidError,
    WeChatUnavailableError,
)

NOTHING_EDITED = (*NOTHING_DONE, OperatorLimitError, ForbiddenTransitionError, UnknownCampaignError)

CampaignId = Annotated[str, Path(examples=["c-0f3bd2a0c6e74cb1a3e9a5d7c8e21b64"])]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignServices:
    create: CreateCampaign
    edit: EditCampaign
    assess: AssessAudience
    dry_run: DryRun
    read: ReadCampaigns
    minutes: ReadMinutes
    report: ReadReport
    find_recipient: FindRecipient
    lifecycle: CampaignLifecycle
    idempotency: Idempotency
    count: Count


def add_campaigns(app: APIGatewayHttpResolver, services: CampaignServices) -> None:
    _add_create(app, services)
    _add_edit(app, services)
    _add_lists(app, services.read)
    _add_timeline(app, services.minutes)
    _add_recipients(app, services)
    _add_lifecycle(app, services)


def _add_create(app: APIGatewayHttpResolver, services: CampaignServices) -> None:
    @app.post(
        "/campaigns",
        operation_id="create_campaign",
        summary="Send one message to many users, now or later, or estimate the result",
        responses={
            200: described(DryRunResponse, "A dry run"),
            201: described(CampaignResponse, "Created"),
        },
    )
    def post_campaigns(body: CampaignRequest, idempotency_key: IdempotencyKey = None) -> Response[str]:
        plan = caller_of(app).limits.limited(body.requested_plan())
        if body.dry_run:
            return _dry_run(services, plan, body.requested_check())

        def create(work_id: str) -> dict[str, Any]:
            return _create(services, body, plan, work_id, caller_of(app).operator)

        answer = answer_idempotently(services.idempotency, app, idempotency_key, body, create, NOTHING_DONE)
        # The stored answer leaves out long lists of openids: the same request brings the same list.
        return json_response(answer | {"audience": audience_json(plan.audience)}, HTTPStatus.CREATED)


def _dry_run(services: CampaignServices, plan: Plan, check: TextCheckRequest | None) -> Response[str]:
    result = services.dry_run(plan, check)
    warnings = services.assess(plan, is_text_checked=check is not None).warnings
    return json_response(dry_run_response(result, warnings).model_dump(mode="json"))


def _create(
    services: CampaignServices, body: CampaignRequest, plan: Plan, work_id: str, by: str | None
) -> dict[str, Any]:
    try:
        campaign = services.create(plan, campaign_id_of_work(work_id), body.requested_check(), by)
    except BlockedTextError:
        services.count(CAMPAIGN_BLOCKED)
        raise
    services.count(CAMPAIGN_CREATED)
    return campaign_response(services.read.progress(campaign)).model_dump(mode="json")


def _add_edit(app: APIGatewayHttpResolver, services: CampaignServices) -> None:
    @app.patch(
        "/campaigns/<campaign_id>",
        operation_id="edit_campaign",
        summary="Change a campaign before it starts",
        responses={200: described(CampaignResponse | DryRunResponse)},
    )
    def patch_campaign(
        campaign_id: CampaignId, body: CampaignChanges, idempotency_key: IdempotencyKey = None
    ) -> Response[str]:
        id_, caller = _checked(campaign_id), caller_of(app)

        def change(plan: Plan) -> Plan:
            return caller.limits.limited(body.changed(plan))

        if body.dry_run:
            return _dry_run(services, services.edit.plan(id_, change), body.requested_check())

        def edit(_: str) -> dict[str, Any]:
            campaign = services.edit(id_, change, body.requested_check(), caller.operator)
            return campaign_response(services.read.progress(campaign)).model_dump(mode="json")

        asked = ChangedCampaign(campaign_id=id_, changes=body.model_dump(mode="json", exclude_unset=True))
        answer = answer_idempotently(services.idempotency, app, idempotency_key, asked, edit, NOTHING_EDITED)
        return json_response(answer | _whole_audience(services.read, id_, answer))


def _whole_audience(read: ReadCampaigns, campaign_id: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The stored answer leaves out long lists of openids."""
    progress = read.read(campaign_id) if "count" in answer["audience"] else None
    return {"audience": audience_json(progress.campaign.plan.audience)} if progress else {}


def _add_lists(app: APIGatewayHttpResolver, read: ReadCampaigns) -> None:
    @app.get("/campaigns", operation_id="list_campaigns", summary="List campaigns, newest first")
    def get_campaigns(
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        cursor: Cursor = None,
        status: Annotated[CampaignStatus | None, Query(description="Only campaigns with it.")] = None,
    ) -> CampaignList:
        found, following = read.newest(limit, cursor, status)
        return CampaignList(items=[campaign_response(progress) for progress in found], next_cursor=following)

    @app.get("/campaigns/<campaign_id>", operation_id="read_campaign", summary="Read a campaign's progress")
    def get_campaign(campaign_id: CampaignId) -> CampaignResponse:
        progress = read.read(_checked(campaign_id))
        if progress is None:
            raise UnknownCampaignError(campaign_id)
        return campaign_response(progress)

    @app.get(
        "/campaigns/<campaign_id>/events",
        operation_id="list_campaign_events",
        summary="Say what has happened to a campaign, and who did it",
    )
    def get_events(campaign_id: CampaignId, limit: AnyLimit = None, cursor: Cursor = None) -> HistoryResponse:
        found = read.history(_checked(campaign_id))
        cursors = Cursors("campaign events", campaign_id)
        return history_response(*cursors.page(found, place_of, limit, cursor))


def _add_timeline(app: APIGatewayHttpResolver, read: ReadMinutes) -> None:
    @app.get(
        "/campaigns/<campaign_id>/timeline",
        operation_id="read_campaign_timeline",
        summary="Read how many recipients were dealt with, by the minute or by longer steps",
    )
    def get_timeline(
        campaign_id: CampaignId,
        step: Annotated[
            int, Query(ge=60, le=86400, multiple_of=60, description="Seconds; whole minutes.")
        ] = 60,
        limit: Annotated[int, Query(ge=1, le=1440)] = 1440,
        cursor: Cursor = None,
    ) -> CampaignTimelineResponse:
        cursors = Cursors("campaign timeline", campaign_id, step)
        start = read_timeline_cursor(cursors, cursor)
        return timeline_response(*read(_checked(campaign_id), step // 60, limit, start), cursors)


def _add_recipients(app: APIGatewayHttpResolver, services: CampaignServices) -> None:
    @app.get(
        "/campaigns/<campaign_id>/recipients",
        operation_id="list_recipients",
        summary="List the result of each recipient",
    )
    def get_recipients(
        campaign_id: CampaignId,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: Cursor = None,
        status: Annotated[Status | None, Query(description="Only recipients with it.")] = None,
    ) -> RecipientList:
        found, following = services.report(_checked(campaign_id), limit, cursor, status)
        return RecipientList(items=[recipient_response(entry) for entry in found], next_cursor=following)

    @app.get(
        "/campaigns/<campaign_id>/recipients/<openid>",
        operation_id="read_recipient",
        summary="Say what became of one user, and why",
    )
    def get_recipient(
        campaign_id: CampaignId, openid: Annotated[str, Path(max_length=128)]
    ) -> RecipientDetail:
        return recipient_detail(services.find_recipient(_checked(campaign_id), openid))


def _add_lifecycle(app: APIGatewayHttpResolver, services: CampaignServices) -> None:
    lifecycle = services.lifecycle

    def response(campaign: Campaign) -> CampaignResponse:
        return campaign_response(services.read.with_all_openids(campaign))

    @app.post(
        "/campaigns/<campaign_id>/pause",
        operation_id="pause_campaign",
        summary="Pause a running or scheduled campaign",
    )
    def post_pause(campaign_id: CampaignId) -> CampaignResponse:
        return response(lifecycle.pause(_checked(campaign_id), caller_of(app).operator))

    @app.post(
        "/campaigns/<campaign_id>/resume", operation_id="resume_campaign", summary="Resume a paused campaign"
    )
    def post_resume(campaign_id: CampaignId) -> CampaignResponse:
        limits = caller_of(app).limits
        if limits != NO_LIMITS and (progress := services.read.read(_checked(campaign_id))):
            limits.check_campaign(progress.campaign.plan)
        return response(lifecycle.resume(_checked(campaign_id), caller_of(app).operator))

    @app.post(
        "/campaigns/<campaign_id>/cancel", operation_id="cancel_campaign", summary="End a campaign for good"
    )
    def post_cancel(campaign_id: CampaignId) -> CampaignResponse:
        return response(lifecycle.cancel(_checked(campaign_id), caller_of(app).operator))


def _checked(campaign_id: str) -> str:
    """Raises UnknownCampaignError for a text that can't be an id, before a store reads it."""
    if not is_plain_id(campaign_id):
        raise UnknownCampaignError(campaign_id)
    return campaign_id
