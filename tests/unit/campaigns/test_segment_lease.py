"""A slow report store: the lease of a segment is held until its last page is written."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.campaigns import MemoryReportPages, MemoryRunningSegments
from support.concurrent_requests import BurstCampaign

from minipush.domain.campaign_errors import SegmentLeasedError
from minipush.domain.campaigns import CampaignStatus
from minipush.domain.messages import Outcome


@dataclass
class SlowPages(MemoryReportPages):
    """`seconds`: how long the page of each number takes. `begun`: an event for each of them."""

    seconds: dict[int, float] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, segment: Any, outcomes: list[Outcome], at: int) -> None:
        if seconds := self.seconds.pop(segment.pages, 0):
            self.begun.set()
            await asyncio.sleep(seconds)
        await super().write(segment, outcomes, at)


@dataclass
class Watched(MemoryRunningSegments):
    """`leases`: the lease that is stored after each write."""

    leases: list[int] = field(default_factory=list)

    async def renew(self, *args: Any) -> bool:
        return self._watched(await super().renew(*args))

    async def save(self, *args: Any, **named: Any) -> bool:
        return self._watched(await super().save(*args, **named))

    def _watched(self, result: bool) -> bool:  # passed on
        (segment,) = self.store.segments("c-1")
        self.leases.append(segment.lease_until)
        return result


@dataclass
class SlowReport:
    """A campaign whose report store is slow, and the other workers that want its segment."""

    users: int
    seconds: dict[int, float]
    held_until: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.campaign = BurstCampaign([True] * self.users)
        self.segments = Watched(self.campaign.campaigns)
        self.pages = SlowPages(self.campaign.reports, self.seconds)
        self.campaign.running_segments, self.campaign.report_pages = self.segments, self.pages

    def run(self, *, taken_after: float) -> None:
        """Another worker wants the segment `taken_after` seconds after the slow page was begun."""
        self.campaign.time.run(self._run(taken_after))

    async def _run(self, taken_after: float) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.campaign._carry_all(300))
            await self.pages.begun.wait()
            await asyncio.sleep(taken_after)
            self._take()

    def _take(self) -> None:
        now = self.campaign.milliseconds()
        try:
            self.campaign.campaigns.take("c-1", 0, "other", now, now + 20_000)
        except SegmentLeasedError as leased:
            self.held_until.append(leased.until - now)

    @property
    def is_completed(self) -> bool:
        everybody_sent = self.campaign.counts.sent == self.users
        return everybody_sent and self.campaign.status[0] is CampaignStatus.COMPLETED


type MakeReport = Callable[[int, dict[int, float]], SlowReport]


@pytest.fixture
def slow_report(monkeypatch: pytest.MonkeyPatch) -> MakeReport:
    def make(users: int, seconds: dict[int, float]) -> SlowReport:
        case = SlowReport(users, seconds)
        monkeypatch.setattr("time.monotonic", lambda: 1000 + case.campaign.time.passed)
        return case

    return make


def test_a_checkpoint_puts_no_older_lease_in_place_of_a_newer_one(slow_report: MakeReport) -> None:
    case = slow_report(600, {0: 24})
    case.run(taken_after=24.5)
    *before, released = case.segments.leases
    assert before == sorted(before)
    assert len(before) > 24 / 5
    assert released == 0
    assert case.is_completed


def test_the_lease_is_held_until_the_last_page_is_written(slow_report: MakeReport) -> None:
    case = slow_report(100, {0: 30})
    case.run(taken_after=29)
    (left,) = case.held_until
    assert left > 14_000
    assert case.campaign.workers == 1
    assert case.campaign.segment.lease_until == 0
    assert case.is_completed
