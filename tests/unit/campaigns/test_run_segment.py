"""A worker and one segment: what it sends, when it stops, and what it leaves to the next worker."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import time as clock_time
from typing import Any

import pytest
from support.at_once import no_pause
from support.campaigns import (
    MemoryCampaignEvents,
    MemoryCampaigns,
    MemoryQueue,
    MemoryReportPages,
    MemoryReports,
    MemoryRunningSegments,
    MemorySchedules,
)
from support.memory import MemoryStore, MemoryTemplates
from support.rates import MemoryRateReservations
from support.ready_channel import ReadyChannel
from support.recipients import MemoryRecipients
from support.sending import MemorySendingSwitch
from support.simulated_wechat import SimulatedWeChat

from local.simulator.wechat import APPID
from minipush.adapters.wechat.reasons import reason_of
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.run_segment import RunSegment
from minipush.application.campaigns.worker.segment_lease import SegmentLease, StopReason
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.doubt_limit import OUTAGE
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.campaign_errors import NoProgressError
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, FrequencyCap, Plan
from minipush.domain.counts import Counts
from minipush.domain.messages import Message, Reason
from minipush.domain.permit_kinds import form_permits, pay_permits, subscription_permits
from minipush.domain.permits import LIFE_MS, Claim
from minipush.domain.sending import Sending
from minipush.domain.templates import SyncedTemplates, Template
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import QuietHours
from minipush.errors import StoreError
from minipush.wechat.tokens import FORCE_INTERVAL

MESSAGE = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})
ALL = Audience(AudienceType.ALL)


@dataclass
class Slow(ReadyChannel):
    """Calls take `seconds`; `at_call`: what to do when the call with that number starts."""

    channel: Any
    seconds: float = 0.0
    at_call: dict[int, Callable[[], object]] = field(default_factory=dict)
    calls: int = 0

    async def send(self, *args: Any) -> Any:
        self.calls += 1
        self.at_call.pop(self.calls, lambda: None)()
        await asyncio.sleep(self.seconds)
        return await self.channel.send(*args)


class World:
    def __init__(self) -> None:
        self.now = 1_800_000_000_000  # 2027-01-15 08:00 UTC
        self.simulated = SimulatedWeChat(lambda: self.now / 1000, self.pass_time)
        self.store, self.campaigns, self.reports = MemoryStore(), MemoryCampaigns(), MemoryReports()
        self.queue, self.campaign_events, self.keep_alive = (
            MemoryQueue(),
            MemoryCampaignEvents(),
            lambda: None,
        )
        self.templates = MemoryTemplates()
        self.switch = MemorySendingSwitch()
        self.channel = Slow(self.simulated.channel)
        self.error_percent = 50
        self.retry_policy = RetryPolicy(tries=3, sleep=no_pause)
        self.settings = WorkerSettings(look_seconds=0.005)
        self.lifecycle = CampaignLifecycle(
            self.campaigns, self.queue, MemorySchedules, self.campaign_events, lambda: self.now, self.switch
        )

    def pass_time(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    def user(self, openid: str, *, forms: int = 1, expires_in: int = LIFE_MS) -> None:
        self.simulated.wechat.users.add(openid)
        self.store.record_login(openid, None, 0)
        for n in range(forms):
            self.simulated.wechat.sends.forms.give(f"{openid}-{n}", openid, "form")
            self.store.add(openid, form_permits(f"{openid}-{n}", self.now + expires_in, self.now))

    def users(self, count: int) -> list[str]:
        openids = [f"user-{n:03}" for n in range(count)]
        for openid in openids:
            self.user(openid)
        return openids

    def campaign(self, audience: Audience = ALL, **more: Any) -> None:
        plan = replace(Plan("a campaign", MESSAGE, audience), **more)
        now = self.now
        self.campaigns.create(Campaign("c-1", plan, 1, CampaignStatus.RUNNING, now, now, now))

    def run_segment(self, seconds: float = 300) -> None:
        dependencies = WorkerDependencies(
            store=self.campaigns,
            segments=MemoryRunningSegments(self.campaigns),
            recipients=MemoryRecipients(self.store, self.campaigns),
            reports=MemoryReportPages(self.reports),
            templates=self.templates,
            lifecycle=lambda: self.lifecycle,
            ledger=self.store,
            channel=self.channel,
            rates=MemoryRateReservations(),
            sending=SendingWatch(self.switch, look_seconds=0.005),
            clock=lambda: self.now,
            reason_of=reason_of,
            retry_policy=self.retry_policy,
            error_percent=self.error_percent,
            settings=self.settings,
        )
        deadline = time.monotonic() + seconds
        asyncio.run(RunSegment(dependencies, self.queue)("c-1", 0, deadline, self.keep_alive))

    @property
    def status(self) -> tuple[CampaignStatus, Reason | None, int | None]:
        campaign = self.campaigns.campaigns["c-1"]
        return campaign.status, campaign.reason, campaign.errcode

    @property
    def counts(self) -> Counts:
        return self.campaigns.segments("c-1")[0].counts

    @property
    def reached(self) -> Counter[str]:
        return Counter(message.openid for message in self.simulated.wechat.ledger.messages)

    def live(self, openid: str) -> int:
        return len(self.store.read(openid).live(self.now))


@pytest.fixture
def world() -> World:
    return World()


def test_each_is_reached_once_and_the_campaign_is_completed(world: World) -> None:
    openids = world.users(60)
    world.campaign()
    world.run_segment()
    assert world.reached == Counter(openids)
    assert world.counts == Counts(sent=60)
    assert world.status == (CampaignStatus.COMPLETED, None, None)
    assert [campaign.status for campaign in world.campaign_events.published] == [CampaignStatus.COMPLETED]


def test_who_holds_no_permit_is_counted_only_by_name(world: World) -> None:
    world.user("ada")
    world.user("bob", forms=0)
    named = Audience(AudienceType.OPENIDS, ("ada", "bob", "a stranger", "nobody"))
    world.campaign(named)
    world.run_segment()
    by_reason: dict[str, int] = {Reason.NO_PERMIT: 2, Reason.INVALID_OPENID: 1}
    assert world.counts == Counts(sent=1, skipped=2, failed=1, by_reason=by_reason)


def test_a_message_of_another_kind_leaves_them_out(world: World) -> None:
    world.user("ada")
    world.campaign(message=replace(MESSAGE, type=SUBSCRIBE_MESSAGE))
    world.run_segment()
    assert world.counts == Counts()


@pytest.mark.parametrize(("is_long_term", "left"), [(True, 1), (False, 0)])
def test_what_the_sync_says_of_long_term_decides(world: World, is_long_term: bool, left: int) -> None:
    """Both users reported the opposite before the sync."""
    reported = subscription_permits("a1", "T1", "accept", long_term=not is_long_term)
    world.user("ada", forms=0)
    world.store.add("ada", reported)
    if is_long_term:
        world.simulated.wechat.sends.subscriptions.accept_long_term("ada", "T1")
    else:
        world.simulated.wechat.sends.subscriptions.accept("ada", "T1", 1)
    synced = Template("T1", "", "", "", is_long_term=is_long_term, keys=(), enums={})
    world.templates.keep(SyncedTemplates(world.now, (synced,)))
    world.campaign(message=replace(MESSAGE, type=SUBSCRIBE_MESSAGE))
    world.run_segment()
    assert (world.counts, world.live("ada")) == (Counts(sent=1), left)


def test_a_tag_chooses(world: World) -> None:
    world.users(3)
    world.store.change("user-001", {"tags": ("vip",)})
    world.campaign(Audience(AudienceType.TAG, tag="vip"))
    world.run_segment()
    assert world.reached == Counter(["user-001"])


def test_whose_last_permit_expires_soon_is_reached_and_who_has_a_later_one_is_not(world: World) -> None:
    world.user("soon", expires_in=HOUR_MS)
    world.user("late")
    world.user("both", expires_in=HOUR_MS)
    world.store.add("both", form_permits("later", None, world.now))
    world.campaign(Audience(AudienceType.EXPIRING, within_hours=24))
    world.run_segment()
    assert world.reached == Counter(["soon"])


def test_who_opted_out_or_sleeps_is_left_out_and_told_why(world: World) -> None:
    world.users(3)
    world.store.change("user-000", {"opt_out": True})
    quiet = QuietHours(clock_time(15), clock_time(17), "Asia/Shanghai")
    world.store.change("user-001", {"quiet_hours": quiet})
    world.campaign()
    world.run_segment()
    assert world.counts.by_reason == {Reason.OPTED_OUT: 1, Reason.QUIET_HOURS: 1}
    assert world.reached == Counter(["user-002"])


def test_a_frequency_cap_counts_what_the_last_hours_brought(world: World) -> None:
    for openid, hours in (("yesterday", 23), ("before", 25)):
        world.user(openid)
        spent = form_permits(f"old-{openid}", None, world.now)[0]
        claim = Claim("c-0/x", world.now - hours * HOUR_MS)
        world.store.add(openid, [spent._replace(claim=claim)])
    world.campaign(frequency_cap=FrequencyCap(messages=1, hours=24))
    world.run_segment()
    assert world.counts.by_reason == {Reason.FREQUENCY_CAP: 1}
    assert world.reached == Counter(["before"])


def test_a_second_worker_on_the_same_segment_leaves_it_and_looks_again_later(world: World) -> None:
    world.users(3)
    world.campaign()
    world.campaigns.take("c-1", 0, "another", world.now, world.now + 9_500)
    world.run_segment()
    assert world.reached == Counter()
    assert world.queue.messages == [("c-1", 0, 10)]


def test_close_to_its_time_limit_a_worker_hands_the_rest_on(world: World) -> None:
    openids = world.users(300)
    world.campaign()
    world.channel.seconds = 0.5  # no second batch of calls begins before the end of the time
    world.run_segment(seconds=world.settings.landing_seconds + 0.4)
    assert 0 < len(world.reached) < 300
    assert world.counts.sent == len(world.reached)
    assert world.queue.messages == [("c-1", 0, 0)]
    world.channel.seconds = 0
    world.run_segment()
    assert world.reached == Counter(openids)
    assert world.counts == Counts(sent=300)


def test_a_user_with_many_made_up_formids_holds_nobody_up(world: World) -> None:
    openids = world.users(150)
    now = world.now
    for n in range(200):
        world.store.add("user-000", form_permits(f"made-up-{n:03}", now + HOUR_MS + n, now))
    del world.simulated.wechat.sends.forms._permits["user-000-0"]
    world.campaign()
    world.channel.seconds = 0.02
    began = time.monotonic()
    world.run_segment()
    assert world.counts == Counts(sent=149, failed=1, by_reason={Reason.NO_PERMIT: 1})
    assert world.channel.calls == 149 + RetryPolicy().permits
    assert set(world.reached) == set(openids[1:])
    assert time.monotonic() - began < 200 * world.channel.seconds


def test_a_slow_campaign_is_seen_to_move(world: World) -> None:
    world.settings = replace(world.settings, page_size=1_000, page_seconds=0.001)
    world.users(500)
    world.campaign()
    world.channel.seconds = 0.02
    seen: list[int] = []
    world.channel.at_call[450] = lambda: seen.append(world.counts.sent)
    world.run_segment()
    assert 0 < seen[0] < 450
    assert world.counts == Counts(sent=500)


@pytest.mark.parametrize(
    ("step", "status"), [("pause", CampaignStatus.PAUSED), ("cancel", CampaignStatus.CANCELLED)]
)
def test_a_stop_takes_effect_between_the_messages_of_a_page(
    world: World, step: str, status: CampaignStatus
) -> None:
    openids = world.users(1000)
    world.campaign()
    world.channel.seconds = 0.05
    world.channel.at_call[250] = lambda: getattr(world.lifecycle, step)("c-1")
    world.run_segment()
    assert world.status[0] is status
    assert world.channel.calls <= 250 + 200
    assert world.counts.sent == len(world.reached)
    assert all(world.live(openid) == (openid not in world.reached) for openid in openids)
    before = world.counts
    world.run_segment()
    assert (world.counts, world.channel.calls) == (before, sum(world.reached.values()))


OFF = Sending(enabled=False)


def test_the_red_switch_takes_effect_between_the_messages_of_a_page(world: World) -> None:
    openids = world.users(1000)
    world.campaign()
    world.channel.seconds = 0.05
    world.channel.at_call[250] = lambda: world.switch.turn(OFF)
    world.run_segment()
    assert world.channel.calls <= 250 + 200
    assert world.status == (CampaignStatus.PAUSED, Reason.SENDING_OFF, None)
    assert world.counts.sent == len(world.reached)
    assert all(world.live(openid) == (openid not in world.reached) for openid in openids)
    assert world.queue.messages == []


def test_after_the_red_switch_everybody_is_reached_once(world: World) -> None:
    openids = world.users(500)
    world.campaign()
    world.channel.seconds = 0.05
    world.channel.at_call[150] = lambda: world.switch.turn(OFF)
    world.run_segment()
    world.switch.turn(Sending())
    assert world.lifecycle.go_on(world.campaigns.campaigns["c-1"])
    assert world.queue.messages == [("c-1", 0, 0)]
    world.run_segment()
    assert world.reached == Counter(openids)
    assert world.counts == Counts(sent=500)


def test_messages_that_wait_for_a_busy_wechat_stay_when_sending_is_off(world: World) -> None:
    world.users(3)
    world.campaign()
    world.simulated.plan_faults(["busy"] * 1000)
    world.channel.at_call[3] = lambda: world.switch.turn(OFF)
    world.retry_policy = RetryPolicy(tries=10, first_pause=0.1)
    world.run_segment()
    assert world.channel.calls == 3
    assert world.counts == Counts()


def test_a_worker_that_finds_sending_off_sends_nothing_and_pauses_its_campaign(world: World) -> None:
    world.users(3)
    world.campaign()
    world.switch.turn(OFF)
    world.run_segment()
    assert world.channel.calls == 0
    assert world.status == (CampaignStatus.PAUSED, Reason.SENDING_OFF, None)


def test_a_switch_that_is_on_again_before_the_worker_has_left_leaves_its_campaign_running(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = SegmentLease.stop

    def stop_and_switch_on(lease: SegmentLease, reason: StopReason) -> None:
        stop(lease, reason)
        world.switch.turn(Sending())

    monkeypatch.setattr(SegmentLease, "stop", stop_and_switch_on)
    world.users(300)
    world.campaign()
    world.channel.seconds = 0.2  # the calls in flight go on longer than the watch takes to look
    world.channel.at_call[100] = lambda: world.switch.turn(OFF)
    world.run_segment()
    assert world.status == (CampaignStatus.RUNNING, None, None)
    assert world.queue.messages == [("c-1", 0, 0)]


def test_a_campaign_that_was_paused_goes_on_where_it_was(world: World) -> None:
    openids = world.users(600)
    for openid in openids[::3]:
        world.simulated.wechat.sends.forms.give(f"pay-{openid}", openid, "pay")
        world.store.permits[openid].clear()
        world.store.add(openid, pay_permits(f"pay-{openid}", world.now))
    world.campaign()
    world.channel.seconds = 0.02
    world.channel.at_call[111] = lambda: world.lifecycle.pause("c-1")
    world.run_segment()
    world.lifecycle.resume("c-1")
    world.run_segment()
    assert world.counts == Counts(sent=600)
    assert world.reached == Counter(openids)


def test_a_pause_that_is_over_before_the_worker_has_left_is_noticed(world: World) -> None:
    openids = world.users(400)
    world.campaign()
    world.channel.seconds = 0.1

    def pause_for_a_moment() -> None:
        world.lifecycle.pause("c-1")
        back = (frozenset({CampaignStatus.PAUSED}), CampaignStatus.RUNNING, world.now)
        asyncio.get_running_loop().call_later(0.05, world.campaigns.step, "c-1", *back)

    world.channel.at_call[100] = pause_for_a_moment
    world.run_segment()
    assert 0 < world.counts.sent < 400
    assert world.queue.messages == [("c-1", 0, 0)]
    world.run_segment()
    assert world.reached == Counter(openids)


@pytest.mark.parametrize(
    ("word", "errmsg"), [("quota", "reach max api daily quota limit"), ("refused", "argument invalid!")]
)
def test_a_pause_says_what_wechat_said(world: World, word: str, errmsg: str) -> None:
    world.users(60)
    world.simulated.plan_faults([word] * 60)
    world.campaign()
    world.run_segment()
    campaign = world.campaigns.campaigns["c-1"]
    assert (campaign.status, campaign.errmsg) == (CampaignStatus.PAUSED, errmsg)
    assert world.campaign_events.published == [campaign]


def test_a_quota_pauses_the_campaign_and_keeps_those_it_stopped(world: World) -> None:
    openids = world.users(100)
    world.campaign()
    world.simulated.plan_faults(["calm"] * 30 + ["quota"] * 100)
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.QUOTA, 45009)
    assert world.counts == Counts(sent=30)
    world.simulated.plan_faults([])
    world.lifecycle.resume("c-1")
    world.run_segment()
    assert world.counts == Counts(sent=100)
    assert world.reached == Counter(openids)


def test_a_quota_that_only_a_recipient_in_doubt_met_is_the_reason(world: World) -> None:
    world.users(1)
    world.campaign()
    world.simulated.plan_faults(["lost_before", "quota"])
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.QUOTA, 45009)


def test_a_worker_that_died_over_a_new_token_pauses_no_campaign(world: World) -> None:
    world.users(50)
    world.campaign()
    world.simulated.token_store.acquire(f"{APPID}#force", FORCE_INTERVAL)
    world.simulated.plan_faults(["stale"])
    world.run_segment()
    assert world.status == (CampaignStatus.COMPLETED, None, None)
    assert world.counts.sent == 50


def test_a_template_that_wechat_does_not_know_fails_the_campaign(world: World) -> None:
    openids = world.users(300)
    world.campaign()
    world.simulated.plan_faults(["no_template"] * 300)
    world.run_segment()
    assert world.status == (CampaignStatus.FAILED, Reason.INVALID_TEMPLATE, 40037)
    assert world.channel.calls <= 200
    assert all(world.live(openid) for openid in openids)


def test_too_many_errors_pause_the_campaign(world: World) -> None:
    world.users(300)
    world.campaign()
    world.simulated.plan_faults(["refused"] * 300)
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.INVALID_DATA, 47003)
    assert world.channel.calls <= 200


def test_an_outage_stops_the_campaign_before_many_are_in_doubt(world: World) -> None:
    """WeChat takes each message, and its answer is lost."""
    openids = world.users(400)
    for openid in openids:
        world.simulated.wechat.sends.forms.give(f"pay-{openid}", openid, "pay")
        world.store.permits[openid].clear()
        world.store.add(openid, pay_permits(f"pay-{openid}", world.now))
    world.campaign()
    world.error_percent = 100
    world.channel.seconds = 0.03
    world.simulated.plan_faults(["http500_after"] * 1000)
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.WECHAT_UNAVAILABLE, None)
    assert OUTAGE <= world.counts.unknown <= world.settings.most_in_doubt
    assert world.reached.total() == world.counts.unknown == world.counts.total
    world.simulated.plan_faults([])
    world.lifecycle.resume("c-1")
    world.run_segment()
    assert world.reached == Counter(openids)


def test_many_doubts_in_a_row_stop_a_campaign_that_went_well_before(world: World) -> None:
    world.settings = replace(world.settings, batch_size=1, batches_in_flight=20)
    world.users(400)
    world.campaign(message=replace(MESSAGE, on_unknown="retry"))
    world.error_percent = 100
    world.simulated.plan_faults(["calm"] * 200 + ["lost_before"] * 1000)
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.WECHAT_UNAVAILABLE, None)
    assert world.reached.total() == 200


def test_an_outage_leaves_no_formid_in_doubt_for_good(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # It would have to be waited for.
    monkeypatch.setattr(
        "minipush.application.delivery.adaptive_throttle.AdaptiveThrottle.observe", lambda *_: None
    )
    openids = world.users(200)
    world.campaign()
    world.simulated.plan_faults(["http500_after"] * 1000)
    world.run_segment()
    assert world.status == (CampaignStatus.PAUSED, Reason.WECHAT_UNAVAILABLE, None)
    assert world.counts == Counts()
    world.simulated.plan_faults([])
    world.lifecycle.resume("c-1")
    world.run_segment()
    assert world.counts == Counts(sent=200)
    assert world.reached == Counter(openids)


def test_who_is_in_doubt_when_the_campaign_is_cancelled_is_unknown(world: World) -> None:
    world.users(20)
    world.campaign()
    world.channel.seconds = 0.05
    world.simulated.plan_faults(["lost_after"] * 20)
    world.channel.at_call[20] = lambda: world.lifecycle.cancel("c-1")
    world.run_segment()
    assert world.counts == Counts(unknown=20)
    assert len(world.reached) == 20


@pytest.mark.parametrize("seconds", [0, 60])
def test_what_a_worker_that_died_had_in_hand_is_counted_when_its_campaign_is_cancelled(
    world: World, seconds: int
) -> None:
    world.users(60)
    world.campaign()
    world.simulated.plan_faults(["calm"] * 30 + ["killed_after"])
    with pytest.raises(BaseExceptionGroup):
        world.run_segment()
    world.lifecycle.pause("c-1")
    world.run_segment()
    world.now += seconds * 1000
    world.lifecycle.cancel("c-1")
    assert world.queue.messages.pop() == ("c-1", 0, 0)
    calls = world.channel.calls
    world.run_segment()
    if not seconds:
        assert world.queue.messages.pop() == ("c-1", 0, 21)
        world.now += 21_000
        world.run_segment()
    claimed = [openid for openid in world.store.permits if not world.live(openid)]
    assert world.counts == Counts(unknown=len(claimed))
    assert set(world.reached) <= set(claimed)
    assert world.channel.calls == calls
    world.run_segment()
    assert world.counts == Counts(unknown=len(claimed))


def test_a_campaign_that_was_paused_over_its_last_messages_is_completed(world: World) -> None:
    world.users(20)
    world.campaign()
    world.channel.seconds = 0.05
    world.channel.at_call[20] = lambda: world.lifecycle.pause("c-1")
    world.run_segment()
    assert world.counts == Counts(sent=20)
    assert world.status[0] is CampaignStatus.COMPLETED


def test_some_errors_do_not(world: World) -> None:
    world.users(300)
    world.campaign()
    world.simulated.plan_faults(["refused", "calm", "calm"] * 100)
    world.run_segment()
    assert world.counts == Counts(sent=200, failed=100, by_reason={Reason.INVALID_DATA: 100})


def test_a_worker_that_lost_its_segment_sends_and_writes_no_more(world: World) -> None:
    world.settings = replace(world.settings, renew_seconds=0.005)
    world.users(1000)
    world.campaign()
    world.channel.seconds = 0.05

    def lose() -> None:
        world.now += 60_000
        world.campaigns.take("c-1", 0, "another", world.now, world.now + 60_000)

    world.channel.at_call[210] = lose
    world.run_segment()
    assert world.channel.calls <= 210 + 200
    assert world.campaigns.segments("c-1")[0].owner == "another"
    assert world.queue.messages == []


def test_a_store_that_fails_costs_nobody_a_message(world: World, monkeypatch: Any) -> None:
    openids = world.users(100)
    world.campaign()
    claim: Callable[..., Awaitable[str | None]] = world.store.claim
    calls = iter(range(1000))

    async def throttled(*args: Any) -> str | None:
        if 40 <= next(calls) < 60:
            raise StoreError("throttled")
        return await claim(*args)

    monkeypatch.setattr(world.store, "claim", throttled)
    world.run_segment()
    assert world.queue.messages == [("c-1", 0, 5)]
    for _ in range(30):
        with contextlib.suppress(NoProgressError):
            world.run_segment()
    assert world.reached == Counter(openids)
    assert world.counts == Counts(sent=100)


def test_a_store_that_lets_nothing_go_on_is_told_of(world: World, monkeypatch: Any) -> None:
    world.users(10)
    world.campaign()

    async def refused(*_: Any) -> str | None:
        raise StoreError("not allowed")

    monkeypatch.setattr(world.store, "claim", refused)
    with pytest.raises(NoProgressError):
        world.run_segment()
    assert world.queue.messages == []


def test_one_user_whose_data_break_the_delivery_does_not_hold_up_the_others(
    world: World, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.users(30)
    world.campaign()
    claim: Callable[..., Awaitable[str | None]] = world.store.claim

    async def broken(openid: str, *args: Any) -> str | None:
        if openid == "user-007":
            raise KeyError(openid)
        return await claim(openid, *args)

    monkeypatch.setattr(world.store, "claim", broken)
    world.run_segment()
    assert world.counts == Counts(sent=29, unknown=1)
    assert "a delivery raised an unexpected error" in caplog.text
