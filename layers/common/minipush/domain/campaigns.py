"""Campaigns: many deliveries of one message, carried in segments."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from minipush.domain.messages import Message, Outcome, Reason, Status

# How many of a named audience make a segment.
SLICE = 500


class CampaignStatus(enum.StrEnum):
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in (CampaignStatus.COMPLETED, CampaignStatus.CANCELLED, CampaignStatus.FAILED)


class AudienceType(enum.StrEnum):
    ALL = "all"
    OPENIDS = "openids"
    TAG = "tag"
    EXPIRING = "expiring"


@dataclass(frozen=True, slots=True)
class Audience:
    """`openids` are named each once, in the order asked; `within_hours` is about a user's last permit.

    `left_out`: how many are named where a long list of them was left out.
    """

    type: AudienceType
    openids: tuple[str, ...] = ()
    tag: str | None = None
    within_hours: int | None = None
    left_out: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most so many messages to a user in so many hours, whoever sent them."""

    messages: int
    hours: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. `at` is in ms; None: at once."""

    name: str
    message: Message
    audience: Audience
    at: int | None = None
    max_per_second: int | None = None
    frequency_cap: FrequencyCap | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """A message of a campaign that WeChat took and could not deliver. `at` (ms): when WeChat said so.

    `before`: what the report says of it, or will: sent or unknown.
    """

    openid: str
    msgid: str
    reason: Reason
    errcode: int | None
    before: Status
    at: int


@dataclass(frozen=True, slots=True)
class DeliveryFailureCounts:
    """How many of them the report calls sent, and unknown."""

    sent: int = 0
    unknown: int = 0
    by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.sent + self.unknown


@dataclass(frozen=True, slots=True)
class Campaign:
    """`reason` and `errcode` say why it paused or failed by itself. Instants are in ms.

    `changed_at`: when it came into its present status.
    """

    id: str
    plan: Plan
    segments: int
    status: CampaignStatus
    created_at: int
    changed_at: int
    started_at: int | None = None
    finished_at: int | None = None
    reason: Reason | None = None
    errcode: int | None = None
    delivery_failures: DeliveryFailureCounts = DeliveryFailureCounts()


@dataclass(slots=True)
class Counts:
    """What became of recipients. `by_reason` is about those that were not sent to."""

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            match outcome.status:
                case Status.SENT:
                    self.sent += 1
                case Status.FAILED:
                    self.failed += 1
                case Status.SKIPPED:
                    self.skipped += 1
                case Status.UNKNOWN:
                    self.unknown += 1
            if outcome.reason:
                self.by_reason[outcome.reason] = self.by_reason.get(outcome.reason, 0) + 1

    def merge(self, other: "Counts") -> None:
        self.sent += other.sent
        self.failed += other.failed
        self.skipped += other.skipped
        self.unknown += other.unknown
        for reason, count in other.by_reason.items():
            self.by_reason[reason] = self.by_reason.get(reason, 0) + count

    def without(self, delivery_failures: DeliveryFailureCounts) -> "Counts":
        """As many recipients, those failed to whom WeChat could not deliver.

        While a campaign runs, some of these may not be written down yet, and the others are too few to take them from.
        """
        moved = min(delivery_failures.total, self.sent + self.unknown)
        unknown = max(min(delivery_failures.unknown, self.unknown), moved - self.sent)
        by_reason, left = dict(self.by_reason), moved
        for reason, count in sorted(delivery_failures.by_reason.items()):
            if taken := min(count, left):
                by_reason[reason] = by_reason.get(reason, 0) + taken
            left -= taken
        return Counts(
            self.sent - (moved - unknown),
            self.failed + moved,
            self.skipped,
            self.unknown - unknown,
            by_reason,
        )

    def since(self, before: "Counts") -> "Counts":
        """What has come in addition, reasons aside."""
        return Counts(
            self.sent - before.sent,
            self.failed - before.failed,
            self.skipped - before.skipped,
            self.unknown - before.unknown,
        )

    @property
    def total(self) -> int:
        return self.sent + self.failed + self.skipped + self.unknown


@dataclass(frozen=True, slots=True)
class RefusalState:
    """What masses of refusals have taught. `look_again`: the last one is still in doubt.

    `usual`: the percentage of refusals that a second look found, and that is no mass; `most`: calls a second that a worker
    may make, 0 for as many as it can.
    """

    look_again: bool = False
    usual: int = 0
    most: int = 0


@dataclass(slots=True)
class Segment:
    """A part of a campaign, and how far it has been carried.

    Who is counted and reported lies before `place` (None: nobody yet), or is one of the openids `ahead`:
    recipients that were settled out of turn when the carrier had to stop. `carrier` is whoever took the
    segment last, and may write until another takes it, which nobody does before `lease_until` (ms).
    `pages` counts the pages of the report; `carriers` says from which page on each carrier wrote.
    """

    campaign_id: str
    number: int
    owner: str
    lease_until: int
    cursor: str | None = None
    counts: Counts = field(default_factory=Counts)
    settled_out_of_order: frozenset[str] = frozenset()
    pages: int = 0
    owners: tuple[tuple[int, str], ...] = ()
    done: bool = False
    refusal_state: RefusalState = RefusalState()

    def writer_of(self, page: int) -> str:
        """Whose page of that number counts: one that lost the segment may have left another."""
        return [owner for start, owner in self.owners if start <= page][-1]


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign beside what its segments have come to."""

    campaign: Campaign
    counts: Counts
    segments_done: int
