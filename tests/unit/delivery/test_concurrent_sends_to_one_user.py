"""43108: WeChat takes one message to a user at a time. Whoever comes second waits, and nothing is lost by it."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest
from support.at_once import NoThreads
from support.campaigns import (
    MemoryCampaignEvents,
    MemoryCampaigns,
    MemoryQueue,
    MemoryReportPages,
    MemoryReports,
    MemoryRunningSegments,
    MemorySchedules,
)
from support.concurrent_requests import Timed
from support.memory import MemoryRefusalCounts, MemoryStore, MemoryTemplates
from support.rates import MemoryRateReservations
from support.ready_channel import ReadyChannel
from support.recipients import MemoryRecipients
from support.sending import MemorySendingSwitch
from support.simulated_wechat import SimulatedWeChat
from support.virtual_time import VirtualTime

from minipush.adapters.wechat.reasons import reason_of
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.run_segment import RunSegment
from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import DeliveryDependencies
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.second_check import SecondCheck
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.messages.check_fields import CheckFields
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.counts import Counts
from minipush.domain.messages import Message, Outcome, Status
from minipush.domain.permits import Permit

MESSAGE = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})
USERS = [f"user-{n:02}" for n in range(40)]
CAMPAIGNS = ("c-1", "c-2")
LATENCY = 0.15


class World(ReadyChannel):
    """Two campaigns and two direct sends, all to the same users, each of whom has so many accepts."""

    def __init__(self, accepts: int) -> None:
        self.time = VirtualTime()
        self.switch = MemorySendingSwitch()
        self.sky = SimulatedWeChat(self.time.now)
        self.direct_outcomes: list[Outcome] = []
        self.store, self.campaigns, self.queue = MemoryStore(), MemoryCampaigns(), MemoryQueue()
        for openid in USERS:
            self.sky.wechat.users.add(openid)
            self.sky.wechat.sends.subscriptions.accept(openid, "T1", accepts)
            self.store.add(
                openid, [Permit(permit_kinds.ONCE, f"{n}", template_id="T1") for n in range(accepts)]
            )

    async def send(self, openid: str, *args: Any) -> Any:
        """As the simulator's server does: WeChat acts when the call arrives, and is at it until it answers."""
        reply = await self.sky.channel.send(openid, *args)
        with self.sky.wechat.sends.in_flight(openid):
            await asyncio.sleep(LATENCY)
        return reply

    def milliseconds(self) -> int:
        return int(self.time.now() * 1000)

    def campaign(self, id_: str) -> Awaitable[Counts]:
        now = self.milliseconds()
        plan = Plan(id_, MESSAGE, Audience(AudienceType.OPENIDS, tuple(USERS)))
        self.campaigns.create(Campaign(id_, plan, 1, CampaignStatus.RUNNING, now, now, now))
        lifecycle = CampaignLifecycle(
            self.campaigns,
            self.queue,
            MemorySchedules,
            MemoryCampaignEvents(),
            self.milliseconds,
            self.switch,
        )
        dependencies = Timed(
            store=self.campaigns,
            segments=MemoryRunningSegments(self.campaigns),
            recipients=MemoryRecipients(self.store, self.campaigns),
            reports=MemoryReportPages(MemoryReports()),
            templates=MemoryTemplates(),
            lifecycle=lambda: lifecycle,
            ledger=self.store,
            channel=self,
            rates=MemoryRateReservations(),
            sending=SendingWatch(self.switch),
            clock=self.milliseconds,
            reason_of=reason_of,
            retry_policy=RetryPolicy(tries=10),
            error_percent=50,
            time=self.time,
        )
        return RunSegment(dependencies, self.queue)(id_, 0, time.monotonic() + 300, lambda: None)

    def direct(self, id_: str) -> Awaitable[list[Outcome]]:
        rate_limiter = RateLimiter(MemoryRateReservations(), [], self.time.now, asyncio.sleep)
        dependencies = DeliveryDependencies(
            ledger=self.store,
            channel=self,
            rate_gate=rate_limiter,
            clock=self.milliseconds,
            retry_policy=RetryPolicy(),
        )
        counts = MemoryRefusalCounts()
        second_check = SecondCheck(counts, Deliver(dependencies).send_again, self.milliseconds)
        guard = DirectRefusalGuard(self.store, counts, self.milliseconds, second_check)
        deliver = Deliver(dependencies, guard.defer)
        send = SendMessages(
            self.store, CheckFields(MemoryTemplates()), deliver, guard, SendingWatch(self.switch)
        )
        return send(USERS, MESSAGE, id_, time.monotonic() + 25)

    def run(self) -> None:
        self.time.run(self._all_at_once())

    async def _all_at_once(self) -> None:
        asyncio.get_running_loop().set_default_executor(NoThreads(1))
        direct = [asyncio.ensure_future(self.direct(id_)) for id_ in ("d-1", "d-2")]
        await asyncio.gather(*map(self.campaign, CAMPAIGNS), *direct)
        self.direct_outcomes = [outcome for sent in direct for outcome in sent.result()]

    @property
    def counts(self) -> Counts:
        """Of all four."""
        counts = Counts()
        for id_ in CAMPAIGNS:
            counts.merge(self.campaigns.segments(id_)[0].counts)
        counts.add(self.direct_outcomes)
        return counts

    @property
    def reached(self) -> Counter[str]:
        return Counter(message.openid for message in self.sky.wechat.ledger.messages)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(accepts: int) -> World:
        world = World(accepts)
        monkeypatch.setattr("time.monotonic", lambda: 1000 + world.time.passed)
        world.run()
        return world

    return run


def test_every_accept_is_spent_once_and_each_is_delivered(at_once: Any) -> None:
    world = at_once(4)
    assert world.sky.wechat.ledger.errcodes[43108] > len(USERS)
    assert world.counts == Counts(sent=4 * len(USERS))
    assert world.reached == Counter(dict.fromkeys(USERS, 4))
    assert not any(world.store.read(openid).live(world.milliseconds()) for openid in USERS)


def test_where_there_are_fewer_accepts_than_messages_each_accept_is_delivered(at_once: Any) -> None:
    world = at_once(3)
    assert (world.counts.sent, world.counts.skipped) == (3 * len(USERS), len(USERS))
    assert world.reached == Counter(dict.fromkeys(USERS, 3))


def test_nobody_else_is_slowed_down_by_it(at_once: Any) -> None:
    world = at_once(4)
    assert world.time.passed < 10


def test_a_permit_comes_back_where_wechat_is_at_it_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(1)
    monkeypatch.setattr("time.monotonic", lambda: 1000 + world.time.passed)
    openid = USERS[0]
    outcomes: list[Outcome] = []

    async def send() -> None:
        asyncio.get_running_loop().set_default_executor(NoThreads(1))
        with world.sky.wechat.sends.in_flight(openid):
            outcomes.extend(await world.direct("d-1"))

    world.time.run(send())
    by_openid = {outcome.openid: outcome for outcome in outcomes}
    assert (by_openid[openid].status, by_openid[openid].errcode) == (Status.FAILED, 43108)
    assert len(world.store.read(openid).live(world.milliseconds())) == 1
