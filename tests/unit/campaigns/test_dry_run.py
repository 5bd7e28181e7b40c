"""Dry runs: what a campaign would do, without doing it."""

import asyncio
import random
import time
from dataclasses import dataclass, field, replace
from datetime import time as clock_time
from threading import Lock

import pytest
from support.campaigns import MemoryCampaigns
from support.http_app import FakeTextCheck, Obliging
from support.memory import MemoryStore, MemoryTemplates, MemoryTextCheckCache
from support.rate_gate import FreeSlots
from support.recipients import MemoryRecipients

from minipush.adapters.wechat.text_check import WeChatTextCheck
from minipush.application.campaigns import costs
from minipush.application.campaigns.dry_run import DryRun, DryRunResult, DryRunSettings
from minipush.application.campaigns.worker.recipient_batches import BatchReader
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts
from minipush.application.ports.campaigns import Recipient, RecipientPage
from minipush.channels import OFFICIAL_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaign_errors import InvalidScheduleError
from minipush.domain.campaigns import (
    Audience,
    AudienceType,
    Campaign,
    CampaignStatus,
    FrequencyCap,
    Plan,
    Segment,
)
from minipush.domain.counts import Counts
from minipush.domain.messages import Message, MessageType, Reason
from minipush.domain.permits import Claim, Permit
from minipush.domain.quotas import DailyQuota
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import QuietHours, User, UserSettings
from minipush.errors import StoreError

NOW = 1_800_000_000_000  # 08:00 UTC
SEGMENTS = 4
PARTS = 640
PLAN = Plan("Evening", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))
PLAIN = UserSettings()
QUIET = QuietHours(clock_time(7), clock_time(9), "UTC")


def form(id_: str, expires_at: int = NOW + 48 * HOUR_MS, claim: Claim | None = None) -> Permit:
    return Permit(permit_kinds.FORM, id_, expires_at, claim=claim)


def named(*openids: str) -> Plan:
    return replace(PLAN, audience=Audience(AudienceType.OPENIDS, openids))


def checking_texts(text_check: FakeTextCheck) -> CheckTexts:
    return CheckTexts(WeChatTextCheck(text_check.check), MemoryTextCheckCache(), lambda: NOW)


@dataclass
class World:
    max_sends_per_second: int = 0
    store: MemoryStore = field(default_factory=MemoryStore)
    quotas: dict[MessageType, DailyQuota] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.recipients = MemoryRecipients(self.store, MemoryCampaigns())

    def dry_run(self, plan: Plan) -> DryRunResult:
        return DryRun(
            self.recipients,
            CheckFields(MemoryTemplates()),
            checking_texts(FakeTextCheck()),
            lambda: NOW,
            DryRunSettings(segments=SEGMENTS, max_sends_per_second=self.max_sends_per_second),
            self.quotas.get,
        )(plan)

    def add(self, openid: str, *permits: Permit, settings: UserSettings = PLAIN) -> None:
        self.store.settings[openid] = settings
        self.store.add(openid, list(permits))


@pytest.fixture
def world() -> World:
    return World()


def test_the_quota_of_the_message_s_type_is_told(world: World) -> None:
    quota = DailyQuota(limit=100, used=7, remain=93)
    world.quotas = {PLAN.message.type: quota, OFFICIAL_MESSAGE: DailyQuota(limit=1, used=1, remain=0)}
    assert world.dry_run(PLAN).quota == quota


def test_a_dry_run_does_without_a_quota_that_nobody_tells(world: World) -> None:
    assert world.dry_run(PLAN).quota is None


def test_recipients_are_those_who_hold_a_permit_for_the_message(world: World) -> None:
    world.add("anna", form("f1"), form("f2"))
    world.add("bo", Permit(permit_kinds.ONCE, "s1", template_id="T1"))
    world.add("eve", form("f3", NOW))
    world.add("li")
    result = world.dry_run(PLAN)
    assert (result.recipients, result.permits, result.left_out) == (1, 2, {})
    assert result.estimated is False


def test_who_is_left_out_is_told_with_the_reason(world: World) -> None:
    spent = form("f0", claim=Claim("before/1", NOW - HOUR_MS))
    world.add("anna", form("f1"))
    world.add("bo", form("f2"), settings=UserSettings(opt_out=True))
    world.add("eve", form("f3"), settings=UserSettings(quiet_hours=QUIET))
    world.add("li", form("f4"), spent)
    plan = replace(named("anna", "bo", "eve", "li", "nobody", "no openid"), frequency_cap=FrequencyCap(1, 24))
    result = world.dry_run(plan)
    assert result.recipients == 1
    assert result.left_out == {
        Reason.OPTED_OUT: 1,
        Reason.QUIET_HOURS: 1,
        Reason.FREQUENCY_CAP: 1,
        Reason.NO_PERMIT: 1,
        Reason.INVALID_OPENID: 1,
    }


def test_a_planned_campaign_is_judged_at_its_time(world: World) -> None:
    world.add("anna", form("f1"), settings=UserSettings(quiet_hours=QUIET))
    world.add("bo", form("f2", NOW + HOUR_MS))
    assert world.dry_run(PLAN).left_out == {Reason.QUIET_HOURS: 1}
    later = world.dry_run(replace(PLAN, at=NOW + 3 * HOUR_MS))
    assert (later.recipients, later.permits, later.left_out) == (1, 1, {})


def test_what_waiting_costs_is_told_beside_what_it_brings(world: World) -> None:
    """Planned for three hours later: anna's quiet hours are over then, bo's last permit has expired."""
    world.add("anna", form("f1"), form("f2", NOW + HOUR_MS), settings=UserSettings(quiet_hours=QUIET))
    world.add("bo", form("f3", NOW + HOUR_MS), form("f4", NOW + 3 * HOUR_MS))
    world.add("cy", form("f5", NOW + 3 * HOUR_MS + 1), Permit(permit_kinds.ONCE, "s1", template_id="T1"))
    world.add("di", form("f6", NOW + HOUR_MS), settings=UserSettings(opt_out=True))
    world.add("ed", form("f7", NOW))
    result = world.dry_run(replace(PLAN, at=NOW + 3 * HOUR_MS))
    assert (result.recipients, result.reachable_now, result.permits_gone) == (2, 2, 4)


def test_one_that_goes_at_once_loses_nothing(world: World) -> None:
    world.add("anna", form("f1"), settings=UserSettings(quiet_hours=QUIET))
    world.add("bo", form("f2", NOW + 1))
    result = world.dry_run(PLAN)
    assert (result.recipients, result.reachable_now, result.permits_gone) == (1, 1, 0)


def test_the_audience_of_now_is_whose_permits_go(world: World) -> None:
    """Of those who are about to expire, all are gone a day later; who will be about to expire then is not lost now."""
    world.add("anna", form("f1", NOW + 20 * HOUR_MS))
    world.add("bo", form("f2", NOW + 40 * HOUR_MS))
    expiring = replace(PLAN, audience=Audience(AudienceType.EXPIRING, within_hours=24), at=NOW + 24 * HOUR_MS)
    result = world.dry_run(expiring)
    assert (result.recipients, result.reachable_now, result.permits_gone) == (1, 1, 1)


def test_a_planned_campaign_of_named_users_tells_both_too(world: World) -> None:
    world.add("anna", form("f1", NOW + HOUR_MS))
    result = world.dry_run(replace(named("anna", "nobody", "no openid"), at=NOW + HOUR_MS))
    assert (result.recipients, result.reachable_now, result.permits_gone) == (0, 1, 1)


def test_what_can_not_be_planned_is_no_dry_run(world: World) -> None:
    with pytest.raises(InvalidScheduleError):
        world.dry_run(replace(PLAN, at=NOW - HOUR_MS))


@pytest.mark.parametrize(
    ("account", "campaign", "rate"),
    [(0, 10, 10), (20, None, 20), (20, 10, 10), (10, 20, 10), (0, None, None)],
)
def test_the_lower_of_the_rates_that_are_set_counts(
    account: int, campaign: int | None, rate: int | None
) -> None:
    assert World(account).dry_run(replace(PLAN, max_per_second=campaign)).per_second == rate


def test_the_time_is_that_of_the_set_rate_and_the_cost_that_of_the_price_list(world: World) -> None:
    for n in range(30):
        world.add(f"user-{n}", form(f"f{n}"), form(f"g{n}", claim=Claim("before/1", NOW - 1)))
    slow = world.dry_run(replace(PLAN, max_per_second=2))
    assert slow.seconds == 15
    assert slow.cost_usd == costs.campaign_cost(30, 60, 30, per_second=2)
    assert 0 < world.dry_run(PLAN).seconds < 1


def test_named_users_are_priced_as_read_one_by_one(world: World) -> None:
    world.add("anna", form("f1"))
    assert world.dry_run(named("anna", "bo")).cost_usd == costs.campaign_cost(1, 1, 2, named=True)


# ---- against what happens


def populate(world: World, seed: int) -> None:
    dice = random.Random(seed)
    for n in range(60):
        permits = [
            form(f"f{n}-{k}", NOW + dice.choice([-1, 10, 30, 90]) * HOUR_MS) for k in range(dice.randrange(3))
        ]
        if dice.random() < 0.3:
            permits.append(form(f"g{n}", claim=Claim("before/1", NOW - dice.choice([1, 30]) * HOUR_MS)))
        settings = UserSettings(
            dice.random() < 0.2, QUIET if dice.random() < 0.2 else None, dice.choice([(), ("vip",)])
        )
        world.add(f"user-{n}", *permits, settings=settings)


async def ran(world: World, plan: Plan) -> Counts:
    """The counts of the worker's own reading and delivering."""
    counts = Counts()
    campaign = Campaign("c-1", plan, SEGMENTS, CampaignStatus.RUNNING, NOW, NOW)
    deliver = Deliver(
        DeliveryDependencies(
            ledger=world.store,
            channel=Obliging(),
            rate_gate=FreeSlots(),
            clock=lambda: NOW,
            retry_policy=RetryPolicy(tries=1),
        )
    )
    delivery = Delivery("c-1", "1", plan.message, time.monotonic() + 60, plan.frequency_cap)
    for number in range(SEGMENTS):
        segment = Segment("c-1", number, "1", 0)
        reader = BatchReader(world.recipients, campaign, segment, lambda: NOW, WorkerSettings())
        async for batch in reader.read(lambda: 25):
            counts.add(batch.outcomes_without_send)
            counts.add([await deliver(user, delivery) for user in batch.users])
    return counts


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "audience",
    [
        Audience(AudienceType.ALL),
        Audience(AudienceType.TAG, tag="vip"),
        Audience(AudienceType.EXPIRING, within_hours=24),
        Audience(AudienceType.OPENIDS, ("user-1", "?", *(f"user-{n}" for n in range(30, 90)))),
    ],
    ids=lambda audience: audience.type,
)
def test_a_campaign_does_what_the_dry_run_said(world: World, audience: Audience, seed: int) -> None:
    populate(world, seed)
    plan = replace(PLAN, audience=audience, frequency_cap=FrequencyCap(1, 24))
    result = world.dry_run(plan)
    counts = asyncio.run(ran(world, plan))
    assert (result.recipients, result.left_out) == (counts.sent, counts.by_reason)
    assert result.reachable_now == result.recipients


@pytest.mark.parametrize("seed", range(5))
def test_what_is_reachable_now_is_what_a_campaign_of_now_would_reach(world: World, seed: int) -> None:
    populate(world, seed)
    planned = world.dry_run(replace(PLAN, at=NOW + 40 * HOUR_MS))
    assert planned.reachable_now == world.dry_run(PLAN).recipients
    assert planned.recipients < planned.reachable_now


# ---- more than can be read in time


class Slow:
    """Users spread evenly over any number of parts, half of them opted out; each page takes a second."""

    def __init__(self, users: int, page: int) -> None:
        self.users = users
        self.size = page
        self.seconds = 0.0
        self._lock = Lock()

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        with self._lock:
            self.seconds += 1
        begin = int(cursor or 0)
        end = min(begin + self.size, self.users // campaign.segments)
        found = [Recipient(_user(n), str(n)) for n in range(begin, end)]
        return RecipientPage(found, str(end) if end < self.users // campaign.segments else None)

    def dry_run(self, plan: Plan, seconds: float) -> DryRunResult:
        return DryRun(
            self,
            CheckFields(MemoryTemplates()),
            checking_texts(FakeTextCheck()),
            lambda: NOW,
            DryRunSettings(
                segments=SEGMENTS, max_sends_per_second=0, seconds=seconds, parts_of_a_sample=PARTS
            ),
            lambda _: None,
            lambda: self.seconds,
        )(plan)


def _user(n: int) -> User:
    return User(f"user-{n}", UserSettings(opt_out=n % 2 == 0), (form(f"f{n}"),))


@pytest.mark.parametrize("page", [10, 6])
def test_a_table_too_large_to_read_is_sampled(page: int) -> None:
    """Parts that were read only by half (those with two pages) don't count."""
    result = Slow(6400, page).dry_run(PLAN, 200)
    assert result.estimated
    assert (result.recipients, result.left_out) == (3200, {Reason.OPTED_OUT: 3200})
    assert result.reachable_now == 3200


def test_what_a_sample_loses_is_scaled() -> None:
    result = Slow(6400, 10).dry_run(replace(PLAN, at=NOW + 48 * HOUR_MS), 200)
    assert (result.recipients, result.reachable_now, result.permits_gone) == (0, 3200, 6400)


def test_a_table_that_can_be_read_is_read_as_a_whole() -> None:
    slow = Slow(6400, 1000)
    result = slow.dry_run(PLAN, 200)
    assert not result.estimated
    assert result.recipients == 3200
    assert slow.seconds == 8


def test_the_time_for_reading_is_kept() -> None:
    slow = Slow(64_000_000, 10)
    with pytest.raises(StoreError):
        slow.dry_run(PLAN, 50)
    assert slow.seconds <= 50 + 2 * DryRunSettings(segments=SEGMENTS, max_sends_per_second=0).readers


class SlowNames(Slow):
    """Names with a `?` are no openids."""

    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        with self._lock:
            self.seconds += 1
        mine = campaign.plan.audience.openids[number * 500 : (number + 1) * 500]
        begin = int(cursor or 0)
        found = [Recipient(User(openid, permits=(form("f"),)), "") for openid in mine[begin : begin + 100]]
        return RecipientPage(found, str(begin + 100) if begin + 100 < len(mine) else None)


def test_a_long_list_that_can_not_be_read_in_time_is_sampled_all_over() -> None:
    openids = [f"user-{n}" for n in range(5000)] + [f"?{n}" for n in range(5000)]
    result = SlowNames(0, 0).dry_run(named(*openids), 20)
    assert result.estimated
    assert 4000 < result.recipients < 6000
    assert result.recipients + sum(result.left_out.values()) == pytest.approx(10_000, abs=1)


def test_a_store_that_fails_fails_the_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> RecipientPage:
        raise StoreError("out of reach")

    monkeypatch.setattr(world.recipients, "page", fail)
    with pytest.raises(StoreError):
        world.dry_run(PLAN)
