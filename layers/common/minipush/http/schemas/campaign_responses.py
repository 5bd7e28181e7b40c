"""Campaigns as they are told."""

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from minipush.application.campaigns.dry_run import DryRunResult
from minipush.domain.campaigns import CampaignStatus, Progress
from minipush.domain.messages import Message, Reason
from minipush.domain.timestamps import iso
from minipush.http.schemas.audiences import AudienceResponse, audience_response
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant
from minipush.http.schemas.campaign_requests import FrequencyCapBody
from minipush.http.schemas.messages import ResultResponse
from minipush.http.schemas.names import MessageTypeName


class MessageResponse(BaseModel):
    """As it was asked for; keywords as the data that they are short for."""

    type: MessageTypeName
    template_id: str
    page: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    data: dict[str, dict[str, str]]
    emphasis_keyword: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    miniprogram_state: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    lang: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    on_unknown: Annotated[Literal["retry"] | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None


class ScheduleResponse(BaseModel):
    at: Instant


class CountsResponse(BaseModel):
    sent: int
    failed: int
    skipped: int
    unknown: int
    by_reason: dict[Reason, int]


class ProgressResponse(BaseModel):
    segments: int
    segments_done: int


class CampaignResponse(BaseModel):
    """`reason` and `errcode` say why it paused or failed by itself."""

    id: str
    name: str
    status: CampaignStatus
    reason: Annotated[Reason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    message: MessageResponse
    audience: AudienceResponse
    schedule: Annotated[ScheduleResponse | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    max_per_second: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    frequency_cap: Annotated[FrequencyCapBody | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    counts: CountsResponse
    progress: ProgressResponse


class CampaignList(BaseModel):
    items: list[CampaignResponse]
    next_cursor: str | None


class RecipientResponse(ResultResponse):
    at: Instant


class RecipientList(BaseModel):
    items: list[RecipientResponse]
    next_cursor: Annotated[str | None, Field(description="Null at the end of what is known by now.")]


class DryRunResponse(BaseModel):
    """What a campaign would come to."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recipients: int
    """Who would be sent to."""
    permits: int
    """How many permits for this message they hold."""
    left_out: dict[Reason, int]
    """Who belongs to the audience and would not be sent to, and why."""
    reachable_now: int
    """Who would be sent to if it went now, not at the time that is planned."""
    permits_gone: int
    """How many permits for this message the audience holds now that will have expired by then."""
    max_per_second: int | None
    """The rate that is set, by the campaign or the deployment, if any."""
    seconds: float
    """At that rate; at the engine's own pace where none is set."""
    cost_usd: float
    """By AWS's list prices."""
    estimated: bool
    """True where there were too many to look at in time: a sample was, and the figures are scaled."""


def campaign_response(progress: Progress) -> CampaignResponse:
    campaign, plan, counts = progress.campaign, progress.campaign.plan, progress.counts
    cap = plan.frequency_cap
    return CampaignResponse(
        id=campaign.id,
        name=plan.name,
        status=campaign.status,
        reason=campaign.reason,
        errcode=campaign.errcode,
        message=_message_told(plan.message),
        audience=audience_response(plan.audience),
        schedule=None if plan.at is None else ScheduleResponse(at=iso(plan.at)),
        max_per_second=plan.max_per_second,
        frequency_cap=FrequencyCapBody(messages=cap.messages, hours=cap.hours) if cap else None,
        created_at=iso(campaign.created_at),
        started_at=_instant(campaign.started_at),
        finished_at=_instant(campaign.finished_at),
        counts=CountsResponse.model_validate(asdict(counts)),
        progress=ProgressResponse(segments=campaign.segments, segments_done=progress.segments_done),
    )


def _message_told(message: Message) -> MessageResponse:
    return MessageResponse(
        type=message.type.name,
        template_id=message.template_id,
        page=message.page,
        data={name: dict(value) for name, value in message.data.items()},
        emphasis_keyword=message.emphasis_keyword,
        miniprogram_state=message.miniprogram_state,
        lang=message.lang,
        on_unknown=message.on_unknown,
    )


def _instant(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def dry_run_response(rehearsal: DryRunResult) -> DryRunResponse:
    return DryRunResponse(
        recipients=rehearsal.recipients,
        permits=rehearsal.permits,
        left_out=dict(rehearsal.left_out),
        reachable_now=rehearsal.reachable_now,
        permits_gone=rehearsal.permits_gone,
        max_per_second=rehearsal.per_second,
        seconds=round(rehearsal.seconds, 1),
        cost_usd=round(rehearsal.cost_usd, 6),
        estimated=rehearsal.estimated,
    )
