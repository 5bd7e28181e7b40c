"""What the red switch does to campaigns."""

from dataclasses import replace

import pytest
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemorySchedules
from support.sending import MemorySendingSwitch

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.reconcile_campaigns import ReconcileCampaigns
from minipush.application.campaigns.switch_sending import PAGE, SwitchSending
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaign_errors import ForbiddenTransitionError
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Cause, Message, Reason
from minipush.domain.sending import Sending
from minipush.errors import StoreError

NOW = 1_800_000_000_000
MINUTE = 60_000
PLAN = Plan("a campaign", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED
BY_SWITCH = (PAUSED, Reason.SENDING_OFF)


class Failing(MemoryCampaigns):
    """`left`: how many steps succeed before the store fails."""

    left = 1_000

    def step(self, *args: object, **more: object) -> Campaign | None:
        if self.left == 0:
            raise StoreError("throttled")
        self.left -= 1
        return super().step(*args, **more)  # type: ignore[arg-type]


class World:
    def __init__(self) -> None:
        self.now = NOW
        self.store, self.queue, self.switch = Failing(), MemoryQueue(), MemorySendingSwitch()
        self.lifecycle = CampaignLifecycle(
            self.store, self.queue, MemorySchedules, MemoryCampaignEvents(), lambda: self.now, self.switch
        )
        self.reconcile = ReconcileCampaigns(
            self.store, self.queue, self.lifecycle, lambda: self.now, self.switch
        )
        self.switch_sending = SwitchSending(self.switch, self.store, self.lifecycle, lambda: self.now)

    def campaign(self, id_: str = "c-1", status: CampaignStatus = RUNNING, at: int | None = None) -> None:
        started = None if status is SCHEDULED else self.now
        plan = replace(PLAN, at=at)
        self.store.create(Campaign(id_, plan, 3, status, self.now, self.now, started))

    def off(self) -> Sending:
        return self.switch_sending(enabled=False, reason="wrong template", by="shop")

    def on(self) -> Sending:
        return self.switch_sending(enabled=True, reason=None, by="chief")

    def state(self, id_: str = "c-1") -> tuple[CampaignStatus, Reason | None]:
        campaign = self.store.campaigns[id_]
        return campaign.status, campaign.reason

    def queued(self, id_: str = "c-1") -> list[int]:
        return [number for campaign_id, number, _ in self.queue.messages if campaign_id == id_]


@pytest.fixture
def world() -> World:
    return World()


def test_it_says_who_switched_when_and_why(world: World) -> None:
    assert world.off() == world.switch_sending.read() == Sending(False, "wrong template", "shop", NOW)
    assert world.on() == world.switch_sending.read() == Sending(True, None, "chief", NOW)


def test_all_running_campaigns_are_paused_and_go_on(world: World) -> None:
    ids = [f"c-{n}" for n in range(PAGE + 5)]
    for id_ in ids:
        world.campaign(id_)
    world.off()
    assert {world.state(id_) for id_ in ids} == {BY_SWITCH}
    world.on()
    assert {world.state(id_) for id_ in ids} == {(RUNNING, None)}
    assert {len(world.queued(id_)) for id_ in ids} == {3}


def test_a_campaign_that_an_operator_paused_stays_paused(world: World) -> None:
    world.campaign()
    world.lifecycle.pause("c-1")
    world.off()
    world.on()
    world.reconcile()
    assert world.state() == (PAUSED, None)


def test_a_campaign_that_wechat_paused_stays_paused(world: World) -> None:
    world.campaign()
    world.lifecycle.stop("c-1", PAUSED, Cause(Reason.QUOTA))
    world.off()
    world.on()
    assert world.state() == (PAUSED, Reason.QUOTA)


def test_a_campaign_that_an_operator_pauses_meanwhile_stays_paused(world: World) -> None:
    world.campaign()
    world.off()
    assert world.lifecycle.pause("c-1").reason is None
    world.on()
    world.reconcile()
    assert world.state() == (PAUSED, None)
    with pytest.raises(ForbiddenTransitionError):
        world.lifecycle.pause("c-1")


def test_a_campaign_that_an_operator_cancels_meanwhile_stays_cancelled(world: World) -> None:
    world.campaign()
    world.off()
    world.lifecycle.cancel("c-1")
    world.on()
    world.reconcile()
    assert world.state() == (CampaignStatus.CANCELLED, None)


def test_a_campaign_that_is_resumed_meanwhile_waits_for_the_switch(world: World) -> None:
    world.campaign()
    world.lifecycle.pause("c-1")
    world.off()
    assert world.lifecycle.resume("c-1").reason is Reason.SENDING_OFF
    assert world.queued() == []
    world.on()
    assert world.state() == (RUNNING, None)


@pytest.mark.parametrize("at", [None, NOW + MINUTE])
def test_a_campaign_that_comes_due_meanwhile_waits_for_the_switch(world: World, at: int | None) -> None:
    world.off()
    world.campaign(status=SCHEDULED, at=at)
    world.now += 2 * MINUTE
    world.lifecycle.start("c-1")
    assert world.state() == BY_SWITCH
    assert world.queued() == []
    world.on()
    assert world.state() == (RUNNING, None)
    assert world.store.campaigns["c-1"].started_at == world.now
    assert len(world.queued()) == 3


def test_one_that_would_start_more_than_an_hour_late_is_left_to_an_operator(world: World) -> None:
    world.off()
    world.campaign(status=SCHEDULED, at=NOW)
    world.lifecycle.start("c-1")
    world.now += 61 * MINUTE
    world.on()
    world.reconcile()
    assert world.state() == (PAUSED, Reason.OVERDUE)
    assert world.queued() == []


def test_one_that_had_started_goes_on_however_late(world: World) -> None:
    world.campaign(at=NOW)
    world.off()
    world.now += 100 * MINUTE
    world.on()
    assert world.state() == (RUNNING, None)


def test_what_was_not_paused_before_a_crash_is_paused_within_the_minute(world: World) -> None:
    for id_ in ("c-1", "c-2"):
        world.campaign(id_)
    world.store.left = 1
    assert not world.off().enabled
    world.store.left = 100
    world.reconcile()
    assert world.state("c-1") == world.state("c-2") == BY_SWITCH


def test_what_was_not_resumed_before_a_crash_is_resumed_within_the_minute(world: World) -> None:
    for id_ in ("c-1", "c-2"):
        world.campaign(id_)
    world.off()
    world.store.left = 1
    assert world.on().enabled
    world.store.left = 100
    assert world.reconcile() == 1
    assert world.state("c-1") == world.state("c-2") == (RUNNING, None)


def test_a_campaign_that_waits_for_its_quota_is_not_resumed_while_sending_is_off(world: World) -> None:
    world.campaign()
    world.lifecycle.stop("c-1", PAUSED, Cause(Reason.QUOTA))
    world.off()
    world.now += 48 * 60 * MINUTE
    assert world.reconcile() == 0
    assert world.state() == (PAUSED, Reason.QUOTA)
    world.on()
    assert world.reconcile() == 1


def test_what_takes_too_long_is_left_to_the_reconciliation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipush.application.campaigns.switch_sending.PATIENCE_SECONDS", -1.0)
    world.campaign()
    world.off()
    assert world.state() == (RUNNING, None)
    world.reconcile()
    assert world.state() == BY_SWITCH
