"""Campaigns and their recipients, as responses."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import SkipJsonSchema

from minipush.application.campaigns.dry_run import DryRunResult
from minipush.domain.campaign_progress import Progress, Warning  # noqa: A004
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Message, Reason
from minipush.domain.quotas import DailyQuota
from minipush.domain.timestamps import iso
from minipush.http.schemas.audiences import AudienceResponse, audience_response
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant
from minipush.http.schemas.campaign_requests import FrequencyCapSchema
from minipush.http.schemas.messages import Errmsg, MiniProgramLinkSchema, Rid
from minipush.http.schemas.names import MessageTypeName


class MessageResponse(BaseModel):
    """The message as it was requested; keywords appear as data."""

    type: MessageTypeName
    template_id: str
    page: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    data: dict[str, dict[str, str]]
    emphasis_keyword: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    miniprogram_state: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    lang: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    on_unknown: Annotated[Literal["retry"] | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    fields: Annotated[Literal["unchecked"] | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    url: Annotated[str | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    miniprogram: Annotated[MiniProgramLinkSchema | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None


class ScheduleResponse(BaseModel):
    at: Instant


class CountsResponse(BaseModel):
    sent: int
    failed: int
    skipped: int
    unknown: int
    by_reason: dict[Reason, int]


class ProgressResponse(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    segments: int
    segments_done: int
    seen: int
    """Recipients that have been dealt with. Equals `expected` only at the end."""
    expected: int
    """Recipients in all."""
    estimated: bool
    """True if `expected` is a guess, from the last measure or from the segments."""
    per_second: float
    """Recipients a second in the last minutes."""
    eta: Instant | None
    """When the last recipient is expected to be dealt with; null unless the campaign gets on."""


class CampaignResponse(BaseModel):
    """`reason`, `errcode`, `errmsg` and `rid` say why the campaign paused or failed by itself."""

    id: str
    name: str
    status: CampaignStatus
    reason: Annotated[Reason | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errcode: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    errmsg: Errmsg = None
    rid: Rid = None
    message: MessageResponse
    audience: AudienceResponse
    schedule: Annotated[ScheduleResponse | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    max_per_second: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    frequency_cap: Annotated[FrequencyCapSchema | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    created_at: Instant
    started_at: Instant | None
    finished_at: Instant | None
    counts: CountsResponse
    progress: ProgressResponse
    warnings: list[Warning]


class CampaignList(BaseModel):
    items: list[CampaignResponse]
    next_cursor: str | None


class QuotaResponse(BaseModel):
    """Messages that the account may send in a day, has sent today, and may still send today, as WeChat counts."""

    daily_limit: int
    used: int
    remain: int

    @classmethod
    def of(cls, quota: DailyQuota) -> Self:
        return cls(daily_limit=quota.limit, used=quota.used, remain=quota.remain)


class DryRunResponse(BaseModel):
    """What the campaign would do."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    recipients: int
    """Users who would get the message."""
    permits: int
    """The number of their permits for this message."""
    left_out: dict[Reason, int]
    """Users of the audience who would not get the message, by reason."""
    reachable_now: int
    """Users who would get the message now instead of at the planned time."""
    permits_gone: int
    """The audience's permits for this message that will have expired by then."""
    max_per_second: int | None
    """The rate limit of the campaign or the deployment, if any."""
    seconds: float
    """At this rate, or at the engine's own speed without one."""
    cost_usd: float
    """At AWS's list prices."""
    estimated: bool
    """True if the figures are scaled up from a sample, because the audience is too large to read in time."""
    followers: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    """For an official message: users of the audience who follow the official account."""
    unmapped: Annotated[int | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    """For an official message: users of the audience of whom it isn't known who they are there."""
    quota: Annotated[QuotaResponse | SkipJsonSchema[None], LEFT_OUT_IF_NONE] = None
    """Of today; left out if WeChat doesn't tell it now."""
    warnings: list[Warning]
    """What to know before the campaign is created."""


def campaign_response(progress: Progress) -> CampaignResponse:
    campaign, plan, counts = progress.campaign, progress.campaign.plan, progress.counts
    cap = plan.frequency_cap
    return CampaignResponse(
        id=campaign.id,
        name=plan.name,
        status=campaign.status,
        reason=campaign.reason,
        errcode=campaign.errcode,
        errmsg=campaign.errmsg,
        rid=campaign.rid,
        message=_message_response(plan.message),
        audience=audience_response(plan.audience),
        schedule=None if plan.at is None else ScheduleResponse(at=iso(plan.at)),
        max_per_second=plan.max_per_second,
        frequency_cap=FrequencyCapSchema(messages=cap.messages, hours=cap.hours) if cap else None,
        created_at=iso(campaign.created_at),
        started_at=_instant(campaign.started_at),
        finished_at=_instant(campaign.finished_at),
        counts=CountsResponse.model_validate(asdict(counts)),
        progress=_progress_response(progress),
        warnings=[Warning(each) for each in campaign.warnings],
    )


def _progress_response(progress: Progress) -> ProgressResponse:
    return ProgressResponse(
        segments=progress.campaign.segments,
        segments_done=progress.segments_done,
        seen=progress.seen,
        expected=progress.expected,
        estimated=progress.estimated,
        per_second=progress.per_second,
        eta=_instant(progress.eta),
    )


def _message_response(message: Message) -> MessageResponse:
    return MessageResponse(
        type=message.type.name,
        template_id=message.template_id,
        page=message.page,
        data={name: dict(value) for name, value in message.data.items()},
        emphasis_keyword=message.emphasis_keyword,
        miniprogram_state=message.miniprogram_state,
        lang=message.lang,
        on_unknown=message.on_unknown,
        fields=None if message.checks_values else "unchecked",
        url=message.url,
        miniprogram=MiniProgramLinkSchema.of(message.link) if message.link else None,
    )


def _instant(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def dry_run_response(result: DryRunResult, warnings: Sequence[Warning]) -> DryRunResponse:
    """The dry run has read the audience itself: the last measure says nothing of it."""
    found: set[Warning] = set(warnings) - {Warning.EMPTY_AUDIENCE}
    found |= set() if result.recipients else {Warning.EMPTY_AUDIENCE}
    return DryRunResponse(
        recipients=result.recipients,
        permits=result.permits,
        left_out=dict(result.left_out),
        reachable_now=result.reachable_now,
        permits_gone=result.permits_gone,
        max_per_second=result.per_second,
        seconds=round(result.seconds, 1),
        cost_usd=round(result.cost_usd, 6),
        estimated=result.estimated,
        followers=result.followers,
        unmapped=result.unmapped,
        quota=QuotaResponse.of(result.quota) if result.quota else None,
        warnings=sorted(found),
    )
