"""Complaints, as users and operators see them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush.application.centre.decide_complaint import DecidedComplaint
from minipush.application.centre.read_cases import Page
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict, Complaint, ComplaintStatus
from minipush.domain.centre.inbox import Content
from minipush.domain.centre.points import ComplaintCategory
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant, RequestModel
from minipush.http.schemas.centre.sanctions import Note, SanctionResponse

CategoryName = Literal["annoying", "advert", "misleading", "impersonation", "fraud", "illegal"]
VerdictName = Literal["upheld", "rejected"]


class ComplaintRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"category": "advert", "text": "每天都是广告"}]}
    )

    category: CategoryName
    text: Annotated[str | None, Field(min_length=1, max_length=500)] = None


class ComplaintResponse(BaseModel):
    """A user's own complaint."""

    id: str
    message_id: str
    appid: str
    category: ComplaintCategory
    text: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    at: Instant
    status: ComplaintStatus

    @classmethod
    def of(cls, complaint: Complaint) -> Self:
        return cls(
            id=str(complaint.id),
            message_id=complaint.message_id,
            appid=complaint.id.appid,
            category=complaint.category,
            text=complaint.text,
            at=iso(complaint.at),
            status=complaint.status,
        )


class ComplaintList(BaseModel):
    items: Annotated[list[ComplaintResponse], Field(description="Those about the newest messages first.")]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Complaint]) -> Self:
        return cls(items=[ComplaintResponse.of(one) for one in page.entries], next_cursor=page.next_cursor)


class ComplaintDecisionRequest(RequestModel):
    """`category`: the user's, unless another one is given. A rejected complaint costs nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"verdict": "upheld", "category": "misleading", "note": "no such prize"}]
        }
    )

    verdict: VerdictName
    category: CategoryName | None = None
    note: Note


class ContentResponse(BaseModel):
    """The message's text, as it was when the user complained."""

    title: str
    body: str
    markdown: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    url: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    page: Annotated[str | None, LEFT_OUT_IF_NONE] = None
    copy_: Annotated[str | None, LEFT_OUT_IF_NONE, Field(serialization_alias="copy")] = None

    @classmethod
    def of(cls, content: Content) -> Self:
        return cls(
            title=content.title,
            body=content.body,
            markdown=content.markdown,
            url=content.url,
            page=content.page,
            copy_=content.copy,
        )


class DecisionResponse(BaseModel):
    verdict: CaseVerdict
    note: str
    by: Annotated[str, Field(description="The name of the operator key.")]
    at: Instant

    @classmethod
    def of(cls, decision: CaseDecision) -> Self:
        return cls(verdict=decision.verdict, note=decision.note, by=decision.by, at=iso(decision.at))


class CaseResponse(ComplaintResponse):
    """A complaint, as operators see it. `user` stands for the user, and doesn't tell who it is."""

    user: str
    message: ContentResponse
    decision: Annotated[DecisionResponse | None, LEFT_OUT_IF_NONE] = None
    upheld_as: Annotated[ComplaintCategory | None, LEFT_OUT_IF_NONE] = None
    points: Annotated[int | None, LEFT_OUT_IF_NONE] = None

    @classmethod
    def of(cls, complaint: Complaint) -> Self:
        decision = complaint.decision
        return cls(
            **ComplaintResponse.of(complaint).model_dump(),
            user=complaint.user,
            message=ContentResponse.of(complaint.content),
            decision=DecisionResponse.of(decision) if decision else None,
            upheld_as=complaint.upheld_as,
            points=complaint.points if decision else None,
        )


class CaseList(BaseModel):
    items: Annotated[list[CaseResponse], Field(description="Newest first.")]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Complaint]) -> Self:
        return cls(items=[CaseResponse.of(one) for one in page.entries], next_cursor=page.next_cursor)


class DecidedResponse(CaseResponse):
    sanction: Annotated[SanctionResponse | None, Field(description="What the ladder has added, if anything.")]

    @classmethod
    def of_decision(cls, decided: DecidedComplaint) -> Self:
        sanction = decided.sanction
        return cls(
            **dict(CaseResponse.of(decided.complaint)),
            sanction=SanctionResponse.of(sanction) if sanction else None,
        )
