"""Campaigns that wait for their time: paused, resumed and edited before they start."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemorySchedules
from support.http_app import FakeTextCheck
from support.memory import MemoryStore, MemoryTemplates, MemoryTextCheckCache
from support.sending import MemorySendingSwitch

from minipush.adapters.wechat.text_check import WeChatTextCheck
from minipush.application.campaigns.assess_audience import AssessAudience
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.create_campaign import CreateCampaign
from minipush.application.campaigns.edit_campaign import EditCampaign
from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain.campaign_errors import (
    ForbiddenTransitionError,
    InvalidScheduleError,
    UnknownCampaignError,
)
from minipush.domain.campaigns import Audience, AudienceType, CampaignStatus, Plan
from minipush.domain.message_errors import BlockedTextError, InvalidDataError
from minipush.domain.messages import Message, Reason
from minipush.domain.sending import Sending
from minipush.errors import StoreError
from minipush.wechat.text_check import Suggestion, TextVerdict

HOUR = 60 * 60 * 1000
SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED
MESSAGE = Message(SUBSCRIBE_MESSAGE, "S1", data={"thing1": {"value": "Tea"}})
PLAN = Plan("Evening", MESSAGE, Audience(AudienceType.ALL))


@dataclass
class Unreachable(MemorySchedules):
    """A Scheduler that fails while `fails`, before or after the schedule is set.

    `meanwhile`: happens once, just before a schedule is set.
    """

    fails: bool = False
    sets: bool = False
    meanwhile: Callable[[], object] = lambda: None

    def set(self, campaign_id: str, at: int) -> None:
        first, self.meanwhile = self.meanwhile, lambda: None
        first()
        if not self.fails or self.sets:
            super().set(campaign_id, at)
        if self.fails:
            raise StoreError("out of reach")


@dataclass
class World:
    now: int = 1_800_000_000_000
    store: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    schedules: Unreachable = field(default_factory=Unreachable)
    text_check: FakeTextCheck = field(default_factory=FakeTextCheck)
    switch: MemorySendingSwitch = field(default_factory=MemorySendingSwitch)

    def __post_init__(self) -> None:
        clock = lambda: self.now  # noqa: E731
        events = MemoryCampaignEvents()
        self.lifecycle = CampaignLifecycle(
            self.store, self.queue, lambda: self.schedules, events, clock, self.switch
        )
        check_texts = CheckTexts(WeChatTextCheck(self.text_check.check), MemoryTextCheckCache(), clock)
        self.create = CreateCampaign(
            store=self.store,
            check_fields=CheckFields(MemoryTemplates()),
            check_texts=check_texts,
            lifecycle=self.lifecycle,
            count_audience=lambda _: 0,
            assess=AssessAudience(MemoryStore(), clock),
            clock=clock,
            segments=4,
        )
        self.edit = EditCampaign(self.store, self.create, self.lifecycle, clock)
        self.reconcile = ReconcileCampaigns(self.store, self.queue, self.lifecycle, clock, self.switch)
        self.create(replace(PLAN, at=self.now + HOUR), "c-1")

    def move(self, hours: float) -> None:
        """To so many hours from now."""
        at = self.now + round(hours * HOUR)
        self.edit("c-1", lambda plan: replace(plan, at=at))

    def fire(self) -> None:
        """What EventBridge Scheduler does at the scheduled time."""
        at = self.schedules.due.pop("c-1")
        self.now = max(self.now, at)
        self.lifecycle.start("c-1", at)

    @property
    def status(self) -> CampaignStatus:
        return self.store.campaigns["c-1"].status

    @property
    def starts(self) -> int:
        return [entry.status for entry in self.store.history("c-1")].count(RUNNING)


@pytest.fixture
def world() -> World:
    return World()


# ---- pause and resume


def test_a_paused_plan_does_not_start_when_its_time_comes(world: World) -> None:
    world.lifecycle.pause("c-1")
    world.fire()
    assert (world.status, world.queue.messages) == (PAUSED, [])


def test_a_plan_that_is_resumed_in_time_waits_for_it_again_and_starts(world: World) -> None:
    world.lifecycle.pause("c-1")
    world.lifecycle.resume("c-1")
    assert (world.status, world.queue.messages) == (SCHEDULED, [])
    world.fire()
    assert (world.status, len(world.queue.messages)) == (RUNNING, 4)


def test_a_plan_that_is_resumed_after_its_time_starts_at_once(world: World) -> None:
    world.lifecycle.pause("c-1")
    world.fire()
    world.now += HOUR
    world.lifecycle.resume("c-1")
    assert (world.status, len(world.queue.messages)) == (RUNNING, 4)


def test_a_campaign_that_paused_while_it_ran_goes_on_whatever_its_plan(world: World) -> None:
    world.fire()
    world.now -= HOUR // 2  # another machine's clock
    world.lifecycle.pause("c-1")
    world.lifecycle.resume("c-1")
    assert world.status is RUNNING


def test_an_overdue_plan_may_be_moved_and_waits_again(world: World) -> None:
    world.now += 3 * HOUR
    world.reconcile()
    assert (world.status, world.store.campaigns["c-1"].reason) == (PAUSED, Reason.OVERDUE)
    world.move(1)
    assert world.status is PAUSED
    world.lifecycle.resume("c-1")
    assert world.status is SCHEDULED
    world.fire()
    assert (world.status, world.starts) == (RUNNING, 1)


def test_a_plan_that_came_due_while_sending_was_off_may_be_moved_and_waits(world: World) -> None:
    world.switch.turn(Sending(False, None, "ann", world.now))
    world.fire()
    assert (world.status, world.store.campaigns["c-1"].reason) == (PAUSED, Reason.SENDING_OFF)
    world.move(2)
    world.switch.turn(Sending(True, None, "ann", world.now))
    world.reconcile()
    assert world.status is SCHEDULED
    world.fire()
    assert (world.status, world.starts) == (RUNNING, 1)


def test_a_plan_that_is_resumed_while_sending_is_off_waits_for_its_time(world: World) -> None:
    world.lifecycle.pause("c-1")
    world.switch.turn(Sending(False, None, "ann", world.now))
    world.lifecycle.resume("c-1")
    assert world.status is SCHEDULED


# ---- moving


@pytest.mark.parametrize("hours", [0.5, 3])
def test_a_moved_plan_starts_once_and_at_the_new_time(world: World, hours: float) -> None:
    world.move(hours)
    due = world.now + round(hours * HOUR)
    assert world.schedules.due == {"c-1": due}
    world.fire()
    assert (world.now, world.status, world.starts) == (due, RUNNING, 1)


@pytest.mark.parametrize("hours", [0.5, 3])
def test_a_move_that_dies_before_the_schedule_does_not_start_at_the_old_time(
    world: World, hours: float
) -> None:
    world.schedules.fails = True
    with pytest.raises(StoreError):
        world.move(hours)
    old, new = world.now + HOUR, world.now + round(hours * HOUR)
    world.lifecycle.start("c-1", old)
    assert world.status is SCHEDULED
    world.now = new + 4 * 60 * 1000
    world.reconcile()
    assert world.status is SCHEDULED
    world.now = new + 5 * 60 * 1000
    world.reconcile()
    world.lifecycle.start("c-1", old)
    assert (world.status, world.starts) == (RUNNING, 1)


def test_a_move_that_is_repeated_after_a_lost_answer_is_made_once(world: World) -> None:
    at, world.schedules.fails, world.schedules.sets = world.now + 2 * HOUR, True, True
    with pytest.raises(StoreError):
        world.move(2)
    world.schedules.fails = False
    world.move(2)
    assert world.schedules.due == {"c-1": at}
    world.fire()
    assert (world.status, world.starts) == (RUNNING, 1)


def test_of_two_moves_at_once_the_schedule_has_the_one_that_is_stored(world: World) -> None:
    """Another operator moves the start between this one's edit and its schedule."""
    at, earlier = world.now + 3 * HOUR, world.now + 2 * HOUR
    world.schedules.meanwhile = lambda: world.edit("c-1", lambda plan: replace(plan, at=at))
    world.edit("c-1", lambda plan: replace(plan, at=earlier))
    assert world.schedules.due == {"c-1": at}
    assert world.store.campaigns["c-1"].plan.at == at


def test_a_plan_that_is_moved_to_now_starts(world: World) -> None:
    world.move(0)
    assert (world.status, len(world.queue.messages)) == (RUNNING, 4)


def test_a_plan_without_a_time_starts_like_one_that_was_created_without(world: World) -> None:
    world.edit("c-1", lambda plan: replace(plan, at=None))
    assert world.status is RUNNING


def test_a_paused_plan_that_is_moved_to_now_stays_paused(world: World) -> None:
    world.lifecycle.pause("c-1")
    world.move(0)
    assert (world.status, world.queue.messages) == (PAUSED, [])


# ---- what is refused


def test_a_campaign_that_has_started_is_not_edited(world: World) -> None:
    world.fire()
    with pytest.raises(ForbiddenTransitionError):
        world.move(1)
    world.lifecycle.pause("c-1")
    with pytest.raises(ForbiddenTransitionError):
        world.move(1)


def test_a_campaign_that_is_not_there_is_not_edited(world: World) -> None:
    with pytest.raises(UnknownCampaignError):
        world.edit("c-2", lambda plan: plan)


def test_a_plan_is_not_moved_to_the_past(world: World) -> None:
    with pytest.raises(InvalidScheduleError):
        world.move(-1)


def test_an_edited_message_is_checked_like_a_new_one(world: World) -> None:
    broken = replace(MESSAGE, data={"time2": {"value": "half past"}})
    with pytest.raises(InvalidDataError):
        world.edit("c-1", lambda plan: replace(plan, message=broken))


def test_an_edited_text_is_checked_where_that_is_asked_for(world: World) -> None:
    world.text_check.verdict = TextVerdict(Suggestion.RISKY, 20001)
    with pytest.raises(BlockedTextError):
        world.edit("c-1", lambda plan: plan, TextCheckRequest("anna"))
    assert [entry.event for entry in world.store.history("c-1")] == ["made"]


def test_the_segments_follow_the_audience(world: World) -> None:
    audience = Audience(AudienceType.OPENIDS, tuple(f"u{n}" for n in range(1200)))
    edited = world.edit("c-1", lambda plan: replace(plan, audience=audience, max_per_second=100))
    assert (edited.segments, edited.segments_at_once) == (3, 1)
    assert world.store.openids(edited) == audience.openids


def test_an_edit_of_the_name_keeps_a_long_audience(world: World) -> None:
    audience = Audience(AudienceType.OPENIDS, tuple(f"u{n}" for n in range(1200)))
    world.edit("c-1", lambda plan: replace(plan, audience=audience))
    edited = world.edit("c-1", lambda plan: replace(plan, name="Later"))
    assert (edited.plan.name, world.store.openids(edited)) == ("Later", audience.openids)
