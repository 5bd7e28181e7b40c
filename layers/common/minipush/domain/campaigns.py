"""Campaigns: one message to many users, sent in segments."""

import enum
from collections.abc import Container
from dataclasses import dataclass, field

from minipush.domain.campaign_minutes import Minutes
from minipush.domain.counts import CorrectionCounts, Counts
from minipush.domain.messages import Cause, Message, Reason
from minipush.domain.statistics import NOTHING, Activity

# How many openids of a named audience make a segment.
SLICE = 500
# What one segment sends in a second at least, so that a rate that is set needs no more segments at once: a worker
# has 200 calls in flight. An audience that is filtered has fewer recipients for each page that a worker reads.
SENDS_PER_SEGMENT = 100
SENDS_PER_FILTERED_SEGMENT = 10
# The list of an app's bound users has so many parts. Each is a segment of a broadcast.
SEGMENTS_OF_APP = 16


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

    @property
    def steps(self) -> tuple[str, ...]:
        """What an operator may do with the campaign."""
        return _STEPS.get(self, ())


_STEPS = {
    CampaignStatus.SCHEDULED: ("pause", "cancel"),
    CampaignStatus.RUNNING: ("pause", "cancel"),
    CampaignStatus.PAUSED: ("resume", "cancel"),
}


class AudienceType(enum.StrEnum):
    ALL = "all"
    OPENIDS = "openids"
    TAG = "tag"
    EXPIRING = "expiring"
    APP = "app"


@dataclass(frozen=True, slots=True)
class Audience:
    """`openids` has each openid once, in the order of the request; `within_hours`: to the expiry of a user's last permit.

    `left_out`: how many openids a long audience has, where it was read without them. `appid`: of the app whose bound
    users they are.
    """

    type: AudienceType
    openids: tuple[str, ...] = ()
    tag: str | None = None
    within_hours: int | None = None
    left_out: int = field(default=0, compare=False)
    appid: str | None = None


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """A user gets at most `messages` in `hours`, from all campaigns and direct sends together."""

    messages: int
    hours: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The request for a campaign. `at`: when to start (ms), None for at once.

    `max_audience`: how many users it may be for, by the operator key that created it.
    """

    name: str
    message: Message
    audience: Audience
    at: int | None = None
    max_per_second: int | None = None
    frequency_cap: FrequencyCap | None = None
    max_audience: int | None = None

    def segments_at_once(self, segments: int, account_rate: int) -> int:
        """How many of the segments its rate can use. `account_rate`: messages a second, 0 for no limit."""
        rate = min((each for each in (self.max_per_second, account_rate) if each), default=None)
        if rate is None:
            return segments
        is_filtered = self.audience.type in (AudienceType.TAG, AudienceType.EXPIRING)
        return min(segments, -(-rate // (SENDS_PER_FILTERED_SEGMENT if is_filtered else SENDS_PER_SEGMENT)))


@dataclass(frozen=True, slots=True)
class Campaign:
    """`reason`, `errcode`, `errmsg` and `rid`: why minipush paused or failed it.

    Times are in ms; `changed_at`: of the last status change. `segments_at_once`: how many segments are queued at
    once, None for all of them. The next one is queued when one is done: see `lanes`. `revision`: a random name of
    the last edit, empty where there was none. `expected`: recipients by the measure when it was created or edited;
    `warnings`: of that time, too.
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
    errmsg: str | None = None
    rid: str | None = None
    corrections: CorrectionCounts = field(default_factory=CorrectionCounts)
    segments_at_once: int | None = None
    revision: str = ""
    expected: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def may_be_edited(self) -> bool:
        """Until it starts."""
        waits = self.status in (CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)
        return waits and self.started_at is None

    def waits_at(self, now: int) -> bool:
        """Whether it has not started, and its planned time is yet to come."""
        return self.started_at is None and self.plan.at is not None and self.plan.at > now

    @property
    def lanes(self) -> list[list[int]]:
        """The segments in lanes. The segments of a lane are run one after the other, the lanes side by side."""
        order = _spread(self.segments)
        count = self.segments_at_once or self.segments
        return [order[first::count] for first in range(count)]

    def next_segment(self, number: int) -> int | None:
        """The segment after this one in its lane."""
        lane = next(lane for lane in self.lanes if number in lane)
        after = lane[lane.index(number) + 1 :]
        return after[0] if after else None

    def segments_to_run(self, done: Container[int]) -> list[int]:
        """The first segment of each lane that isn't done, in the order of running."""
        heads = ([number for number in lane if number not in done] for lane in self.lanes)
        return [lane[0] for lane in heads if lane]


def _spread(segments: int) -> list[int]:
    """Order the segments so that those that run at the same time lie far apart.

    Neighbours share a partition of the table, which takes a thousand writes a second.
    """
    return sorted(range(segments), key=lambda number: f"{number:010b}"[::-1])


@dataclass(frozen=True, slots=True)
class RefusalState:
    """What the refusal guard hands on from worker to worker. `needs_check`: the last mass of refusals needs a second check.

    `usual_percent`: the share of refusals that a second check found, and that counts as no mass. `max_rate`: the calls
    a second that a worker may make, 0 for no limit. `checked`: how many messages the second check has had so far, and
    `refused_in_check`: how many of them were refused. `rate_reached`: how many calls a second the last worker had got
    to on its way to `max_rate`, 0 where it had just begun.
    """

    needs_check: bool = False
    usual_percent: int = 0
    max_rate: int = 0
    checked: int = 0
    refused_in_check: int = 0
    rate_reached: int = 0


type ErrorWindow = tuple[Cause | None, ...]
"""Why each of the last messages failed, the oldest first; None for one that did not fail."""


@dataclass(slots=True)
class Segment:
    """A part of a campaign, and its progress.

    Counted and reported are the recipients before `cursor` (None: none, or all of them once `done`) and the openids in
    `settled_out_of_order`, which an owner settled beyond the cursor when it had to stop. `owner` took the segment
    last, and may write until another worker takes it, which none does before `lease_until` (ms).
    `error_window` is kept where the owner stopped for others or at the end of its time. `recorded_until` (ms): every claim that this owner made before then is counted and reported. `pages` is the number of pages in the report; `owners` has the first page of each owner.
    `minutes`: the last minutes' counts. `unreported`: what the statistics don't have yet.
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
    error_window: ErrorWindow = ()
    recorded_until: int = 0
    minutes: Minutes = ()
    unreported: Activity = NOTHING

    def writer_of(self, page: int) -> str:
        """The owner whose page counts: an owner that lost the segment may have left a page of the same number."""
        return [owner for start, owner in self.owners if start <= page][-1]
