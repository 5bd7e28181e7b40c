"""How the sweep reconciles campaigns that stand still."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemorySchedules
from support.sending import MemorySendingSwitch

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan, Segment
from minipush.domain.messages import Cause, Message, Reason

PLAN = Plan("a campaign", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
MINUTE = 60_000
RUNNING, PAUSED = CampaignStatus.RUNNING, CampaignStatus.PAUSED


def ms(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


class World:
    def __init__(self) -> None:
        self.now = ms(21, 12)
        self.store, self.queue, self.campaign_events = (
            MemoryCampaigns(),
            MemoryQueue(),
            MemoryCampaignEvents(),
        )
        self.switch = MemorySendingSwitch()
        self.lifecycle = CampaignLifecycle(
            self.store, self.queue, MemorySchedules, self.campaign_events, lambda: self.now, self.switch
        )
        self.reconcile = ReconcileCampaigns(
            self.store, self.queue, self.lifecycle, lambda: self.now, self.switch
        )

    def campaign(self, status: CampaignStatus, at: int | None = None) -> None:
        plan = replace(PLAN, at=at)
        self.store.create(Campaign("c-1", plan, 3, status, self.now, self.now))

    @property
    def status(self) -> CampaignStatus:
        return self.store.campaigns["c-1"].status

    @property
    def queued(self) -> set[int]:
        return {number for _, number, _ in self.queue.messages}


@pytest.fixture
def world() -> World:
    return World()


def pause(world: World, reason: Reason | None) -> None:
    world.store.step("c-1", frozenset({RUNNING}), PAUSED, world.now, Cause(reason) if reason else None)


@pytest.mark.parametrize(
    ("paused", "looked", "goes_on"),
    [
        (ms(21, 12), ms(21, 15, 59), False),
        (ms(21, 12), ms(21, 16), True),  # midnight in Beijing
        (ms(22, 4), ms(22, 15, 59), False),
        (ms(22, 4), ms(22, 16), True),
        # Before noon it may be that WeChat's day has not begun yet.
        (ms(21, 17), ms(21, 17, 59), False),
        (ms(21, 17), ms(21, 18), True),
    ],
)
def test_what_a_quota_paused_goes_on_when_the_day_has_turned_in_beijing(
    world: World, paused: int, looked: int, goes_on: bool
) -> None:
    world.now = paused
    world.campaign(RUNNING)
    pause(world, Reason.QUOTA)
    world.now = looked
    world.reconcile()
    assert (world.status is RUNNING) == goes_on
    assert world.queued == ({0, 1, 2} if goes_on else set())


@pytest.mark.parametrize("reason", [None, Reason.WECHAT_UNAVAILABLE])
def test_what_was_paused_otherwise_stays_so(world: World, reason: Reason | None) -> None:
    world.campaign(RUNNING)
    pause(world, reason)
    world.now += 48 * 60 * MINUTE
    world.reconcile()
    assert world.status is PAUSED


def test_a_campaign_that_nobody_runs_is_queued_again_at_growing_intervals(world: World) -> None:
    world.campaign(RUNNING)
    world.store.save(replace(world.store.take("c-1", 1, "x", world.now, world.now), done=True))
    begun, queued_at = world.now, []
    for minute in range(70):
        world.now = begun + minute * MINUTE
        world.reconcile()
        if world.queue.messages:
            assert world.queued == {0, 2}
            queued_at.append(minute)
        world.queue.messages.clear()
    assert queued_at == [1, 2, 4, 8, 16, 32, 64]


def test_a_segment_with_an_owner_is_left_alone(world: World) -> None:
    world.campaign(RUNNING)
    world.store.take("c-1", 0, "alive", world.now, world.now + 3 * MINUTE)
    world.store.take("c-1", 1, "dead", world.now, world.now + MINUTE)
    world.now += 2 * MINUTE
    world.reconcile()
    assert world.queued == {1, 2}


def test_one_campaign_that_cannot_be_helped_does_not_keep_it_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id_ in ("c-1", "c-2"):
        world.store.create(Campaign(id_, PLAN, 1, RUNNING, world.now, world.now))
    segments = world.store.segments

    def failing(campaign_id: str) -> list[Segment]:
        if campaign_id == "c-1":
            raise KeyError(campaign_id)
        return segments(campaign_id)

    monkeypatch.setattr(world.store, "segments", failing)
    world.now += MINUTE
    assert world.reconcile() == 1
    assert world.queue.messages == [("c-2", 0, 0)]


def test_a_campaign_that_has_just_begun_is_left_alone(world: World) -> None:
    world.campaign(RUNNING)
    world.reconcile()
    assert world.queued == set()


def test_a_campaign_whose_segments_are_all_done_is_completed(world: World) -> None:
    world.campaign(RUNNING)
    for number in range(3):
        segment = world.store.take("c-1", number, "x", world.now, world.now)
        world.store.save(replace(segment, done=True))
    world.now += 2 * MINUTE
    world.reconcile()
    assert world.status is CampaignStatus.COMPLETED


def test_a_start_that_was_missed_is_made_up_for(world: World) -> None:
    world.campaign(CampaignStatus.SCHEDULED, at=world.now + MINUTE)
    world.now += 2 * MINUTE
    world.reconcile()
    assert world.status is CampaignStatus.SCHEDULED
    world.now += 10 * MINUTE
    world.reconcile()
    assert (world.status, world.queued) == (RUNNING, {0, 1, 2})


@pytest.mark.parametrize(
    ("late", "status", "reason", "queued"),
    [
        (60 * MINUTE, RUNNING, None, {0, 1, 2}),
        (60 * MINUTE + 1, PAUSED, Reason.OVERDUE, set()),
        (10 * 60 * MINUTE, PAUSED, Reason.OVERDUE, set()),
    ],
)
def test_a_campaign_more_than_an_hour_late_is_paused(
    world: World, late: int, status: CampaignStatus, reason: Reason | None, queued: set[int]
) -> None:
    world.campaign(CampaignStatus.SCHEDULED, at=world.now)
    world.now += late
    assert world.reconcile() == (status is RUNNING)
    campaign = world.store.campaigns["c-1"]
    assert (campaign.status, campaign.reason, world.queued) == (status, reason, queued)


def test_an_overdue_campaign_is_published_once_and_waits_for_an_operator(world: World) -> None:
    world.campaign(CampaignStatus.SCHEDULED, at=world.now)
    for _ in range(3):
        world.now += 24 * 60 * MINUTE
        world.reconcile()
    assert [(each.status, each.reason) for each in world.campaign_events.published] == [
        (PAUSED, Reason.OVERDUE)
    ]
    assert (world.lifecycle.resume("c-1").status, world.queued) == (RUNNING, {0, 1, 2})
    world.reconcile()
    campaign = world.store.campaigns["c-1"]
    assert (campaign.status, campaign.reason, campaign.started_at) == (RUNNING, None, world.now)


def test_a_late_schedule_does_not_start_its_campaign(world: World) -> None:
    world.campaign(CampaignStatus.SCHEDULED, at=world.now)
    world.now += 61 * MINUTE
    for _ in range(2):
        campaign = world.lifecycle.start("c-1")
        assert campaign
        assert (campaign.status, campaign.reason, world.queued) == (PAUSED, Reason.OVERDUE, set())


def test_a_step_that_was_not_published_is_published(world: World) -> None:
    world.campaign(RUNNING)
    pause(world, None)
    world.reconcile()
    world.reconcile()
    assert [campaign.status for campaign in world.campaign_events.published] == [PAUSED]
