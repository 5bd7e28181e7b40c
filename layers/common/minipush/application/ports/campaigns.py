"""The ports of campaigns, beside the ledger. One contract suite each for the fake and the real adapter.

Every method may raise StoreError. The worker calls those that aren't async in threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from minipush.domain.campaign_history import HistoryEntry
    from minipush.domain.campaign_minutes import Closed, Minute
    from minipush.domain.campaigns import Campaign, CampaignStatus, Segment
    from minipush.domain.counts import Correction
    from minipush.domain.messages import Cause, Outcome, Reason
    from minipush.domain.reports import ReportEntry
    from minipush.domain.users import User


# A longer list of openids is stored apart from its campaign.
INLINE = 100


class CampaignStore(Protocol):
    def create(self, campaign: Campaign, by: str | None = None) -> Campaign:
        """Store the campaign and its named audience, unless its id exists; return the stored campaign.

        `by`, here and below: the operator who does it, for the history.
        """
        ...

    def read(self, campaign_id: str) -> Campaign | None:
        """A consistent read. An audience of more than INLINE openids comes without them: see `openids`."""
        ...

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        """All openids of a named audience."""
        ...

    def newest(
        self, limit: int, cursor: str | None, status: CampaignStatus | None = None
    ) -> tuple[list[Campaign], str | None]:
        """Campaigns, the newest first, and the next page's cursor. Raises InvalidCursorError.

        With a status, those that have it. A page may then be shorter than the limit.
        """
        ...

    def step(
        self,
        campaign_id: str,
        allowed: frozenset[CampaignStatus],
        to: CampaignStatus,
        now: int,
        cause: Cause | None = None,
        because: Reason | None = None,
        *,
        by: str | None = None,
        revision: str | None = None,
    ) -> Campaign | None:
        """Change the status if it is an allowed one, and mark the step as unpublished; None otherwise.

        With `because`, only a campaign that has this reason changes.

        Sets `changed_at`, `started_at` on the first running, `finished_at` on a final status. The cause
        replaces the old one, None included. With a `revision`, only if nobody has edited the campaign since.
        """
        ...

    def edit(self, seen: Campaign, edited: Campaign, now: int, by: str | None = None) -> Campaign | None:
        """Replace the plan and the segments by those of `edited`, with the openids of a named audience.

        None if the campaign has started, is gone, or was edited since it was read as `seen`.
        """
        ...

    def history(self, campaign_id: str) -> list[HistoryEntry]:
        """What has happened, in order: 40 entries at most, the first and the last ones. Empty without a campaign."""
        ...

    def unfinished(self) -> Iterator[Campaign]:
        """Campaigns that are scheduled, running or paused, and those with an unpublished step."""
        ...

    def has_unpublished(self, campaign_id: str) -> bool:
        """Whether the last step has not been published."""
        ...

    def mark_published(self, campaign: Campaign) -> None:
        """The step to the campaign's present status has been published."""
        ...

    # ---- corrections

    def add_correction(self, campaign: Campaign, correction: Correction) -> bool:
        """Store the correction and count it in the campaign, in one write, once for each openid.

        A delivery failure replaces the same message's arrival, and is never replaced. True if a correction of this
        message is stored now; False if one of another message to the same user is, or if the campaign is gone.
        """
        ...

    def corrections(self, campaign_id: str, openids: Sequence[str]) -> dict[str, Correction]:
        """By openid, for these openids."""
        ...

    # ---- segments

    def segments(self, campaign_id: str) -> list[Segment]:
        """All segments that were ever taken, by number."""
        ...

    def take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment:
        """Become the owner, also of a segment that is new or done. An owner may take its segment again.

        Raises SegmentLeasedError while another worker holds it.
        """
        ...

    def minutes(self, campaign_id: str, first: int) -> tuple[list[tuple[int, Minute]], int | None]:
        """The closed minutes of each segment, with its number, from `first` on (in minutes since the epoch).

        A page has whole spans, for some thousand segments at most. Then comes where the next one begins.
        """
        ...


class RunningSegments(Protocol):
    """What a worker asks and writes by the second, or by the page, while it runs a segment."""

    async def status(self, campaign_id: str) -> CampaignStatus | None:
        """A consistent read. None if the campaign is gone."""
        ...

    async def renew(self, segment: Segment, until: int) -> bool:
        """Extend the lease; False if another worker has taken the segment."""
        ...

    async def save(
        self, segment: Segment, closed: Closed | None = None, *, keeps_lease: bool = False
    ) -> bool:
        """Write all changes at once, `closed` included; False if another worker has taken the segment.

        `keeps_lease`: the lease stays as it is stored, also if it was renewed meanwhile. Idempotent, because an
        answer may be lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """`cursor`: the position after this recipient."""

    user: User
    cursor: str


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """`cursor`: the position after all recipients, None at the segment's end."""

    recipients: list[Recipient]
    cursor: str | None


class Recipients(Protocol):
    """Consistent reads: they see every claim written before."""

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        """The segment's users after the cursor: all users of a part of the table, or those of a named audience.

        Each user comes once and whole, wherever the store's own pages end. A page may be empty and not the last.
        """
        ...


class ReportPages(Protocol):
    """The outcome for each recipient, as workers write it, page by page."""

    async def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        """Write page `segment.pages` of this owner at `at` (ms), the time also of outcomes without one."""
        ...


class Reports(Protocol):
    """The same pages, read."""

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        """The entries of one page, in order."""
        ...


@dataclass(frozen=True, slots=True)
class QueuedSegment:
    """A received message. `receipt` names it until it is deleted or received again."""

    campaign_id: str
    number: int
    receipt: str


class SegmentQueue(Protocol):
    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        """Queue these segments; `delay_seconds` up to 900."""
        ...

    def receive(self, most: int, wait_seconds: int, hidden_seconds: int) -> list[QueuedSegment]:
        """Up to `most` (10 at most) messages, hidden from other workers. Waits for the first one for `wait_seconds`."""
        ...

    def hide(self, receipt: str, seconds: int) -> None:
        """Hide a received message from other workers for so long. Never raises: another may have it by now."""
        ...

    def delete(self, receipt: str) -> None:
        """Delete a received message. Never raises: a message that stays is received once more, which is harmless."""
        ...


class Schedules(Protocol):
    def set(self, campaign_id: str, at: int) -> None:
        """Schedule the campaign's start for `at` (ms), whenever it was scheduled before. Idempotent."""
        ...

    def remove(self, campaign_id: str) -> None:
        """Remove the schedule if there is one."""
        ...


class CampaignEvents(Protocol):
    def publish(self, campaign: Campaign) -> None:
        """Put an event on the event bus: the campaign has paused or ended."""
        ...
