"""The state of the deployment's parts."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from minipush import __version__
from minipush.domain.campaigns import Campaign
from minipush.domain.messages import Reason
from minipush.domain.service_status import FinishedSweep, ServiceStatus, TokenError, TokenStatus
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant
from minipush.http.schemas.sending import SendingResponse

# The most that an access_token lives, in ms.
TOKEN_LIFE_MS = 2 * 60 * 60 * 1000


class SweepResponse(BaseModel):
    at: Annotated[Instant, Field(description="When it began.")]
    took_seconds: float
    cleared: Annotated[int, Field(description="Expired permits that it deleted.")]

    @classmethod
    def of(cls, sweep: FinishedSweep) -> Self:
        took = (sweep.finished_at - sweep.at) / 1000
        return cls(at=iso(sweep.at), took_seconds=took, cleared=sweep.removed)


class TokenErrorResponse(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    what: str
    errcode: int | None
    errmsg: str | None
    rid: str | None
    address: str | None
    """The address to add to WeChat's IP allow-list (40164)."""

    @classmethod
    def of(cls, error: TokenError) -> Self:
        return cls(
            what=error.what,
            errcode=error.errcode,
            errmsg=error.errmsg,
            rid=error.rid,
            address=error.address,
        )


class TokenResponse(BaseModel):
    kind: str
    age_seconds: Annotated[int | None, Field(description="Null where WeChat gives no token.")]
    last_error: TokenErrorResponse | None

    @classmethod
    def of(cls, token: TokenStatus, now: int) -> Self:
        age = None if token.expires_at is None else max(0, now + TOKEN_LIFE_MS - token.expires_at) // 1000
        error = TokenErrorResponse.of(token.error) if token.error else None
        return cls(kind=token.kind, age_seconds=age, last_error=error)


class PausedCampaign(BaseModel):
    id: str
    name: str
    reason: Reason
    errcode: int | None
    since: Instant

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(
            id=campaign.id,
            name=campaign.plan.name,
            reason=campaign.reason or Reason.WECHAT_UNAVAILABLE,
            errcode=campaign.errcode,
            since=iso(campaign.changed_at),
        )


class StatusResponse(BaseModel):
    """A part is null where it never was, or where `unavailable` says why it can't be read."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    version: str
    sweep: SweepResponse | None
    """The last one that ended."""
    token: TokenResponse | None
    """What WeChat says now."""
    callback_at: Instant | None
    """The last signed push of WeChat's, to within a minute."""
    templates_synced_at: Instant | None
    dead_letters: dict[str, int] | None
    """About how many messages are in the dead-letter queues."""
    paused_campaigns: list[PausedCampaign] | None
    """Campaigns that paused by themselves, the newest first, among the last 100 that are paused."""
    sending: SendingResponse | None
    unavailable: dict[str, str]
    """Why a part can't be read, by its name."""

    @classmethod
    def of(cls, status: ServiceStatus, now: int) -> Self:
        pushed, synced, paused = (
            status.callback_at,
            status.templates_synced_at,
            status.paused_campaigns,
        )
        return cls(
            version=__version__,
            sweep=SweepResponse.of(status.sweep) if status.sweep else None,
            token=TokenResponse.of(status.token, now) if status.token else None,
            callback_at=None if pushed is None else iso(pushed),
            templates_synced_at=None if synced is None else iso(synced),
            dead_letters=dict(status.dead_letters) if status.dead_letters is not None else None,
            paused_campaigns=None if paused is None else [PausedCampaign.of(each) for each in paused],
            sending=SendingResponse.of(status.sending) if status.sending else None,
            unavailable=dict(status.unavailable),
        )
