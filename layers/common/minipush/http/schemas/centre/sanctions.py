"""Sanctions, appeals and the record of an app."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.application.centre.read_cases import OwnStanding, Page
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict, ComplaintStatus
from minipush.domain.centre.points import PointSet
from minipush.domain.centre.record import RecordedAct, RecordLine
from minipush.domain.centre.sanctions import FOR_GOOD, Appeal, Lift, Sanction, SanctionKind
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, NOT_BLANK, Instant, RequestModel
from minipush.http.schemas.centre.me import GivenInstant

Note = Annotated[
    str, Field(min_length=1, max_length=1000, description="Why. It stays in the app's record."), NOT_BLANK
]
Until = Annotated[Instant | None, Field(description="Null: for good.")]


class SanctionRequest(RequestModel):
    """Without `until`: for good; a notice as long as points are live."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "strong_off",
                    "until": "2036-12-08T00:00:00Z",
                    "rule": "flood",
                    "note": "300 an hour",
                }
            ]
        }
    )

    kind: Literal["notice", "strong_off", "ban"]
    until: GivenInstant | None = None
    rule: Annotated[
        str, Field(min_length=1, max_length=64, description="The rule's name. The app sees it."), NOT_BLANK
    ]
    note: Note


class LiftRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "the app has mended it"}]})

    note: Note


class AppealRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sanction_id": "0rnvmkbbt4k6rfjg8e4a-wx0123456789abcdef", "text": "这不是我们发的"}]
        }
    )

    sanction_id: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(min_length=1, max_length=2000)]


class AppealCreated(BaseModel):
    id: Annotated[str, Field(description="The sanction's: there is one appeal against it at most.")]


class AppealDecisionRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"verdict": "upheld", "note": "a stolen key"}]})

    verdict: Literal["upheld", "rejected"]
    note: Note


class LiftResponse(BaseModel):
    by: str
    at: Instant
    note: str

    @classmethod
    def of(cls, lift: Lift) -> Self:
        return cls(by=lift.by, at=iso(lift.at), note=lift.note)


class SanctionResponse(BaseModel):
    """As operators see it. `by`: the operator key that decided. `complaint_id`: unless it was imposed by hand."""

    id: str
    appid: str
    kind: SanctionKind
    at: Instant
    until: Until
    rule: str
    note: str
    by: str
    complaint_id: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    lifted: Annotated[LiftResponse | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, sanction: Sanction) -> Self:
        return cls(
            id=str(sanction.id),
            appid=sanction.id.appid,
            kind=sanction.kind,
            at=iso(sanction.at),
            until=_until(sanction.until),
            rule=sanction.rule,
            note=sanction.note,
            by=sanction.by,
            complaint_id=sanction.complaint_id,
            lifted=LiftResponse.of(sanction.lift) if sanction.lift else None,
        )


class AppealResponse(BaseModel):
    """`id`: the sanction's. `note`, `by` and `decided_at` once it is decided."""

    id: str
    status: ComplaintStatus
    text: str
    at: Instant
    sanction: SanctionResponse
    note: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    by: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    decided_at: Annotated[Instant | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, sanction: Sanction, appeal: Appeal) -> Self:
        decision = appeal.decision
        return cls(
            id=str(sanction.id),
            status=_status(decision),
            text=appeal.text,
            at=iso(appeal.at),
            sanction=SanctionResponse.of(sanction),
            note=decision.note if decision else None,
            by=decision.by if decision else None,
            decided_at=iso(decision.at) if decision else None,
        )


class AppealList(BaseModel):
    items: Annotated[list[AppealResponse], Field(description="Those against the newest sanctions first.")]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Sanction]) -> Self:
        items = [AppealResponse.of(one, one.appeal) for one in page.entries if one.appeal]
        return cls(items=items, next_cursor=page.next_cursor)


class RecordEntry(BaseModel):
    """`by`: an operator key, `app`, or `automatic`. `points`: added, or taken back by an appeal."""

    at: Instant
    by: str
    act: RecordedAct
    rule: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    note: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    points: Annotated[int | None, LEFT_OUT_IF_NONE] = None
    complaint_id: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    sanction_id: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    kind: Annotated[SanctionKind | None, LEFT_OUT_IF_NONE] = None
    until: Annotated[Instant | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, line: RecordLine) -> Self:
        return cls(
            at=iso(line.at),
            by=line.by,
            act=line.act,
            rule=line.rule,
            note=line.note,
            points=line.points,
            complaint_id=line.complaint_id,
            sanction_id=line.sanction_id,
            kind=line.kind,
            until=None if line.until is None else _until(line.until),
        )


class RecordResponse(BaseModel):
    items: Annotated[list[RecordEntry], Field(description="Newest first.")]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[RecordLine]) -> Self:
        return cls(items=[RecordEntry.of(line) for line in page.entries], next_cursor=page.next_cursor)


class PointsResponse(BaseModel):
    points: int
    expires_at: Instant

    @classmethod
    def of(cls, points: PointSet) -> Self:
        return cls(points=points.points, expires_at=iso(points.expires_at))


class OwnSanctionResponse(BaseModel):
    """As the app sees it: without what could tell who complained."""

    id: str
    kind: SanctionKind
    until: Until
    rule: str
    at: Instant
    appeal: Annotated[ComplaintStatus | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, sanction: Sanction) -> Self:
        return cls(
            id=str(sanction.id),
            kind=sanction.kind,
            until=_until(sanction.until),
            rule=sanction.rule,
            at=iso(sanction.at),
            appeal=_status(sanction.appeal.decision) if sanction.appeal else None,
        )


class StandingResponse(BaseModel):
    """An app's points and sanctions, as the app sees them."""

    points: Annotated[list[PointsResponse], Field(description="The oldest first.")]
    sanctions: Annotated[
        list[OwnSanctionResponse],
        Field(description="Those in force, and those that may be appealed. The newest first."),
    ]

    @classmethod
    def of_standing(cls, standing: OwnStanding) -> Self:
        return cls(
            points=[PointsResponse.of(one) for one in standing.points],
            sanctions=[OwnSanctionResponse.of(one) for one in standing.sanctions],
        )


def _until(ms: int) -> str | None:
    return None if ms >= FOR_GOOD else iso(ms)


def _status(decision: CaseDecision | None) -> ComplaintStatus:
    if decision is None:
        return ComplaintStatus.OPEN
    return ComplaintStatus.UPHELD if decision.verdict is CaseVerdict.UPHELD else ComplaintStatus.REJECTED
