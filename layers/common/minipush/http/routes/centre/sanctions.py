"""The routes of sanctions and appeals, and of an app's record. No route changes a line of the record."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from minipush.application.centre.appeal_sanction import AppealSanction, DecideAppeal
from minipush.application.centre.read_cases import ReadCases
from minipush.application.centre.sanction_app import SanctionApp
from minipush.application.ports.centre.apps import AppStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.complaints import CaseVerdict, ComplaintStatus
from minipush.domain.centre.errors import UnknownAppError, UnknownCaseError
from minipush.domain.centre.sanctions import SanctionKind
from minipush.http.edge.problems import invalid
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.routes.centre.complaints import Limit, case_id
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.sanctions import (
    AppealCreated,
    AppealDecisionRequest,
    AppealList,
    AppealRequest,
    AppealResponse,
    LiftRequest,
    RecordResponse,
    SanctionRequest,
    SanctionResponse,
)
from minipush.http.schemas.patterns import PlainId

CaseIdText = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SanctionServices:
    sanction: SanctionApp
    appeal: AppealSanction
    decide_appeal: DecideAppeal
    read: ReadCases
    apps: AppStore
    clock: Clock


def add_sanctions(app: APIGatewayHttpResolver, services: SanctionServices) -> None:
    _add_sanctions(app, services)
    _add_appeals(app, services)


def _add_sanctions(app: APIGatewayHttpResolver, services: SanctionServices) -> None:
    @app.post(
        "/centre/apps/<appid>/sanctions",
        operation_id="sanction_app",
        summary="Sanction an app without a complaint",
        responses={201: described(SanctionResponse, "In force")},
    )
    def post_sanction(appid: Annotated[PlainId, Path()], body: SanctionRequest) -> Response[str]:
        if body.until is not None and body.until <= services.clock():
            raise invalid([("/until", "is over")])
        kind, by = SanctionKind(body.kind), caller_of(app).name
        made = services.sanction.impose(appid, kind, body.until, body.rule, body.note, by)
        return json_response(SanctionResponse.of(made).model_dump(mode="json"), HTTPStatus.CREATED)

    @app.post(
        "/centre/sanctions/<sanction_id>/lift",
        operation_id="lift_sanction",
        summary="End a sanction. The points stay",
    )
    def post_lift(sanction_id: CaseIdText, body: LiftRequest) -> SanctionResponse:
        id_ = case_id(sanction_id, "sanction")
        return SanctionResponse.of(services.sanction.lift(id_, body.note, caller_of(app).name))

    @app.get(
        "/centre/apps/<appid>/record",
        operation_id="read_record",
        summary="Read what was decided about an app, newest first",
    )
    def get_record(
        appid: Annotated[PlainId, Path()], limit: Limit = 20, cursor: Cursor = None
    ) -> RecordResponse:
        if services.apps.read(appid) is None:
            raise UnknownAppError(appid)
        return RecordResponse.of(services.read.record(appid, limit, cursor))


def _add_appeals(app: APIGatewayHttpResolver, services: SanctionServices) -> None:
    @app.post(
        "/centre/app/appeals",
        operation_id="appeal_sanction",
        summary="Appeal against a sanction",
        responses={201: described(AppealCreated, "An operator will decide")},
    )
    def post_appeal(body: AppealRequest) -> Response[str]:
        id_ = case_id(body.sanction_id, "sanction")
        services.appeal(caller_of(app).name, id_, body.text)
        return json_response(AppealCreated(id=str(id_)).model_dump(), HTTPStatus.CREATED)

    @app.get("/centre/appeals", operation_id="list_appeals", summary="List appeals")
    def get_appeals(
        limit: Limit = 20,
        cursor: Cursor = None,
        status: Annotated[ComplaintStatus | None, Query(description="Only appeals with it.")] = None,
    ) -> AppealList:
        return AppealList.of(services.read.appeals(status, limit, cursor))

    @app.post(
        "/centre/appeals/<appeal_id>/decision",
        operation_id="decide_appeal",
        summary="Uphold or reject an appeal",
    )
    def post_decision(appeal_id: CaseIdText, body: AppealDecisionRequest) -> AppealResponse:
        id_, by = case_id(appeal_id, "appeal"), caller_of(app).name
        sanction = services.decide_appeal(id_, CaseVerdict(body.verdict), body.note, by)
        if sanction.appeal is None:
            raise UnknownCaseError("appeal")
        return AppealResponse.of(sanction, sanction.appeal)
