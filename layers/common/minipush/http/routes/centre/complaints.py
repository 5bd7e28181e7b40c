"""The routes of complaints: users make them, operators decide them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from minipush.application.centre.complain import Complain
from minipush.application.centre.decide_complaint import DecideComplaint
from minipush.application.centre.read_cases import ReadCases
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseVerdict, ComplaintStatus
from minipush.domain.centre.errors import UnknownCaseError
from minipush.domain.centre.points import ComplaintCategory
from minipush.http.edge.resolver import caller_of, described, json_response
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.complaints import (
    CaseList,
    ComplaintDecisionRequest,
    ComplaintList,
    ComplaintRequest,
    ComplaintResponse,
    DecidedResponse,
)

Limit = Annotated[int, Query(ge=1, le=100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintServices:
    complain: Complain
    decide: DecideComplaint
    read: ReadCases


def add_complaints(app: APIGatewayHttpResolver, services: ComplaintServices) -> None:
    _add_users(app, services)
    _add_operators(app, services)


def _add_users(app: APIGatewayHttpResolver, services: ComplaintServices) -> None:
    @app.post(
        "/me/inbox/<message_id>/complaint",
        operation_id="complain",
        summary="Complain about a message of an app",
        responses={
            200: described(ComplaintResponse, "The user complained about it before"),
            201: described(ComplaintResponse, "Taken"),
        },
    )
    def post_complaint(
        message_id: Annotated[str, Path(max_length=64)], body: ComplaintRequest
    ) -> Response[str]:
        category = ComplaintCategory(body.category)
        made = services.complain(caller_of(app).name, message_id, category, body.text)
        answer = ComplaintResponse.of(made.complaint).model_dump(mode="json")
        return json_response(answer, HTTPStatus.CREATED if made.is_new else HTTPStatus.OK)

    @app.get("/me/complaints", operation_id="list_my_complaints", summary="List the user's complaints")
    def get_my_complaints(limit: Limit = 20, cursor: Cursor = None) -> ComplaintList:
        return ComplaintList.of(services.read.complaints_of(caller_of(app).name, limit, cursor))


def _add_operators(app: APIGatewayHttpResolver, services: ComplaintServices) -> None:
    @app.get("/centre/complaints", operation_id="list_complaints", summary="List complaints, newest first")
    def get_complaints(
        limit: Limit = 20,
        cursor: Cursor = None,
        status: Annotated[ComplaintStatus | None, Query(description="Only complaints with it.")] = None,
    ) -> CaseList:
        return CaseList.of(services.read.complaints(status, limit, cursor))

    @app.post(
        "/centre/complaints/<complaint_id>/decision",
        operation_id="decide_complaint",
        summary="Uphold or reject a complaint",
    )
    def post_decision(
        complaint_id: Annotated[str, Path(max_length=64)], body: ComplaintDecisionRequest
    ) -> DecidedResponse:
        category = ComplaintCategory(body.category) if body.category else None
        by = caller_of(app).name
        id_ = case_id(complaint_id, "complaint")
        return DecidedResponse.of_decision(
            services.decide(id_, CaseVerdict(body.verdict), category, body.note, by)
        )


def case_id(text: str, what: str) -> CaseId:
    """Raises UnknownCaseError for a text that can't be an id, before a store reads it."""
    found = CaseId.read(text)
    if found is None:
        raise UnknownCaseError(what)
    return found
