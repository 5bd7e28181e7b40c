"""The reminders' channels, as operators see them."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from minipush.application.centre.control_channels import ChannelReport, Redriven
from minipush.application.ports.centre.channel_refusals import ChannelRefusal
from minipush.domain.centre.reminders import ChannelKind
from minipush.domain.timestamps import iso


class LastMinute(BaseModel):
    """`unavailable`: tries that the provider did not answer, or for which it was not available. Both are rough."""

    tries: int
    unavailable: int


class LastRefusal(BaseModel):
    """The last refusal that concerned the account with the provider: credentials, balance, signature, template."""

    at: str
    detail: Annotated[str, Field(description="What the provider said. It begins with the provider's code.")]

    @classmethod
    def of(cls, refusal: ChannelRefusal) -> Self:
        return cls(at=iso(refusal.at), detail=refusal.detail)


class ChannelReportResponse(BaseModel):
    """`official` and `subscribe` share a queue: their counts are the same. All counts are approximate."""

    kind: ChannelKind
    breaker: Literal["open", "closed"]
    paused: bool
    open_hosts: Annotated[list[str], Field(description="Hosts that are left alone now.")]
    last_minute: LastMinute
    queued: int
    delayed: int
    dead_letters: int
    last_refusal: LastRefusal | None

    @classmethod
    def of(cls, report: ChannelReport) -> Self:
        tally, counts = report.last_minute, report.counts
        return cls(
            kind=report.kind,
            breaker="open" if report.open_hosts else "closed",
            paused=report.is_paused,
            open_hosts=list(report.open_hosts),
            last_minute=LastMinute(tries=tally.tries, unavailable=tally.bad),
            queued=counts.queued,
            delayed=counts.delayed,
            dead_letters=counts.dead,
            last_refusal=LastRefusal.of(report.last_refusal) if report.last_refusal else None,
        )


class ChannelReportList(BaseModel):
    items: list[ChannelReportResponse]
    next_cursor: str | None


class RedriveResponse(BaseModel):
    moved: Annotated[int, Field(description="Jobs that are in the queue again.")]
    left: Annotated[
        int, Field(description="Dead letters that are still there, about. Ask again to move more.")
    ]

    @classmethod
    def of(cls, redriven: Redriven) -> Self:
        return cls(moved=redriven.moved, left=redriven.left)
