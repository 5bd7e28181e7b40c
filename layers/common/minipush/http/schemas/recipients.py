"""The recipients of a campaign, as responses."""

from dataclasses import asdict
from typing import Annotated

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from minipush.domain.messages import Reason, Status
from minipush.domain.recipients import Absence, AbsentReason, AbsentStatus
from minipush.domain.reports import ReportEntry
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant
from minipush.http.schemas.messages import Errmsg, ResultResponse, Rid
from minipush.http.schemas.names import PermitKindName


class RecipientResponse(ResultResponse):
    at: Instant


class RecipientList(BaseModel):
    items: list[RecipientResponse]
    next_cursor: Annotated[str | None, Field(description="Null at the end of the recipients known so far.")]


class RecipientDetail(BaseModel):
    """As in the list of recipients. A user of whom the report says nothing has a status of their own, and no `at`."""

    openid: str
    status: Status | AbsentStatus
    reason: Annotated[Reason | AbsentReason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errmsg: Errmsg = None
    rid: Rid = None
    permit_kind: Annotated[PermitKindName | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    msgid: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    at: Annotated[Instant | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None


def recipient_response(entry: ReportEntry) -> RecipientResponse:
    return RecipientResponse.model_validate(asdict(entry) | {"at": iso(entry.at)})


def recipient_detail(found: ReportEntry | Absence) -> RecipientDetail:
    if isinstance(found, Absence):
        return RecipientDetail(openid=found.openid, status=found.status, reason=found.reason)
    return RecipientDetail.model_validate(asdict(found) | {"at": iso(found.at)})
