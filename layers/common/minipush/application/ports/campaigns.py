"""What campaigns need from the world, beside the ledger. One contract suite each for fakes and real ones.

All of it may raise StoreError. What is called from the worker's event loop is called in a thread.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from minipush.domain.campaigns import Campaign, CampaignStatus, DeliveryFailure, Segment
from minipush.domain.messages import Outcome, Reason
from minipush.domain.users import User

INLINE = 100


class CampaignStore(Protocol):
    def create(self, campaign: Campaign) -> Campaign:
        """Keep it, with the slices of a named audience, unless one with its id is kept; which is kept now."""
        ...

    def read(self, campaign_id: str) -> Campaign | None:
        """Consistent. A named audience of more than INLINE openids comes without them: see `openids`."""
        ...

    def openids(self, campaign: Campaign) -> tuple[str, ...]:
        """All whom the audience names."""
        ...

    def newest(self, limit: int, cursor: str | None) -> tuple[list[Campaign], str | None]:
        """The newest first, and where the next page begins."""
        ...

    def step(
        self,
        campaign_id: str,
        allowed: frozenset[CampaignStatus],
        to: CampaignStatus,
        now: int,
        reason: Reason | None = None,
        errcode: int | None = None,
    ) -> Campaign | None:
        """Change the status where it is an allowed one, and note that this is news; None otherwise.

        Sets `changed_at`, `started_at` on the first running, `finished_at` on a final status; reason and
        errcode are replaced, also by nothing.
        """
        ...

    def unfinished(self) -> Iterator[Campaign]:
        """Those that are scheduled, running or paused, and those with news untold."""
        ...

    def has_unpublished(self, campaign_id: str) -> bool:
        """Whether its last step has not been told yet."""
        ...

    def mark_published(self, campaign: Campaign) -> None:
        """Its step to the present status has been told."""
        ...

    # ---- what could not be delivered

    def add_delivery_failure(self, campaign: Campaign, message: DeliveryFailure) -> bool:
        """Keep it and count it in the campaign, at once and once for each openid.

        True where this message is kept now; False where another to the same user is, or the campaign is gone.
        """
        ...

    def delivery_failures(self, campaign_id: str, openids: Sequence[str]) -> dict[str, DeliveryFailure]:
        """By openid, of those that were asked for."""
        ...

    # ---- segments

    def segments(self, campaign_id: str) -> list[Segment]:
        """Those that were ever taken, by number."""
        ...

    def take(self, campaign_id: str, number: int, owner: str, now: int, until: int) -> Segment:
        """Become its carrier, also of one that nobody has taken before or that is done.

        Raises SegmentLeasedError while another carries it. A carrier may take its own segment again.
        """
        ...

    def renew(self, segment: Segment, until: int) -> bool:
        """Carry on until then; False where another has taken the segment."""
        ...

    def save(self, segment: Segment) -> bool:
        """Keep all that has changed in one write; False where another has taken the segment.

        Saving the same again is no error: an answer may get lost.
        """
        ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """`place`: where reading goes on after this one."""

    user: User
    cursor: str


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """Recipients, each whole; `place` after all of them, None where the segment ends."""

    recipients: list[Recipient]
    cursor: str | None


class Recipients(Protocol):
    """Consistent reads: a claim that was written before is seen."""

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        """Users of the segment after the place: every user of a part of the table, or those of a slice.

        Each user once, never a part of one, whatever the pages of the store cut through. A page may be
        empty and not the last.
        """
        ...


class Reports(Protocol):
    """What became of each recipient, page by page."""

    def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        """The page with number `segment.pages`, by its carrier; `at` (ms) is noted of each."""
        ...

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[dict[str, object]]:
        """One page's entries: `openid`, `status`, `at`, and `reason`, `errcode`, `permit_kind` where set."""
        ...


class SegmentQueue(Protocol):
    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        """Have these segments carried; `delay_seconds` up to 900."""
        ...


class Schedules(Protocol):
    def set(self, campaign_id: str, at: int) -> None:
        """Have the campaign started at that time (ms). Setting it again changes nothing."""
        ...

    def remove(self, campaign_id: str) -> None:
        """No error where there is none."""
        ...


class CampaignEvents(Protocol):
    def publish(self, campaign: Campaign) -> None:
        """Put on the event bus that the campaign has paused or finished."""
        ...
