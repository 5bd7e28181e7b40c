"""Which segments of a campaign run at the same time."""

from dataclasses import replace

import pytest
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemorySchedules
from support.sending import MemorySendingSwitch

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message

PLAN = Plan("a campaign", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
SEGMENTS = 8
ORDER = [0, 4, 2, 6, 1, 5, 3, 7]  # those that run together lie far apart


class World:
    def __init__(self, at_once: int | None) -> None:
        self.now = 1_800_000_000_000
        self.store, self.queue = MemoryCampaigns(), MemoryQueue()
        self.lifecycle = CampaignLifecycle(
            self.store,
            self.queue,
            MemorySchedules,
            MemoryCampaignEvents(),
            lambda: self.now,
            MemorySendingSwitch(),
        )
        running, now = CampaignStatus.RUNNING, self.now
        campaign = Campaign("c-1", PLAN, SEGMENTS, running, now, now, segments_at_once=at_once)
        self.campaign = self.store.create(campaign)

    def queued(self) -> list[int]:
        numbers = [number for _, number, _ in self.queue.messages]
        self.queue.messages.clear()
        return numbers

    def take(self, number: int) -> None:
        self.store.take("c-1", number, "owner", self.now, self.now + 20_000)

    def finish(self, number: int) -> None:
        self.take(number)
        segment = self.store.kept["c-1", number]
        self.store.save(replace(segment, done=True, lease_until=0))
        self.lifecycle.segment_done(self.campaign, number)

    @property
    def status(self) -> CampaignStatus:
        return self.store.campaigns["c-1"].status


@pytest.mark.parametrize(
    ("audience", "rate", "account_rate", "at_once"),
    [
        (AudienceType.ALL, None, 0, 8),
        (AudienceType.ALL, 1, 0, 1),
        (AudienceType.ALL, 100, 0, 1),
        (AudienceType.ALL, 101, 0, 2),
        (AudienceType.OPENIDS, 200, 0, 2),
        (AudienceType.ALL, 5000, 0, 8),
        (AudienceType.ALL, None, 250, 3),
        (AudienceType.ALL, 1000, 1, 1),
        (AudienceType.TAG, 1, 0, 1),
        (AudienceType.TAG, 50, 0, 5),
        (AudienceType.EXPIRING, 100, 0, 8),
    ],
)
def test_a_campaign_runs_no_more_segments_at_once_than_its_rate_can_use(
    audience: AudienceType, rate: int | None, account_rate: int, at_once: int
) -> None:
    plan = replace(PLAN, audience=Audience(audience), max_per_second=rate)
    assert plan.segments_at_once(SEGMENTS, account_rate) == at_once


def test_without_a_rate_all_segments_are_queued_at_once() -> None:
    world = World(None)
    world.lifecycle.queue(world.campaign)
    assert world.queued() == ORDER


@pytest.mark.parametrize("at_once", [1, 2, 3, 7])
def test_every_segment_is_queued_once_and_never_more_than_may_run(at_once: int) -> None:
    world, seen = World(at_once), []
    world.lifecycle.queue(world.campaign)
    running = world.queued()
    while running:
        assert len(running) <= at_once
        number = running.pop(0)
        seen.append(number)
        world.finish(number)
        running += world.queued()
    assert sorted(seen) == sorted(ORDER)
    assert world.status is CampaignStatus.COMPLETED


def test_a_message_that_comes_twice_queues_no_segment_that_a_worker_has() -> None:
    world = World(1)
    world.finish(0)
    world.take(4)
    world.queued()
    world.lifecycle.segment_done(world.campaign, 0)
    assert world.queued() == []


def test_a_message_that_comes_again_queues_what_a_dead_worker_did_not() -> None:
    world = World(1)
    world.finish(0)
    world.queued()
    world.lifecycle.segment_done(world.campaign, 0)
    assert world.queued() == [4]


def test_a_resumed_campaign_goes_on_with_the_first_segment_of_each_lane_that_is_not_done() -> None:
    world = World(2)
    world.finish(0)
    world.finish(2)
    world.queued()
    world.lifecycle.queue(world.campaign)
    assert world.queued() == [1, 4]


def test_the_sweep_queues_no_segment_before_its_turn() -> None:
    world = World(1)
    world.finish(0)
    world.queued()
    world.now += 60_000
    ReconcileCampaigns(world.store, world.queue, world.lifecycle, lambda: world.now, MemorySendingSwitch())()
    assert world.queued() == [4]
