"""A campaign under faults, over many seeds: at most one message per user, and all counts agree.

FAULT_SEEDS=1000 tries as many. Half of the seeds send template messages, half subscription messages.
"""

import asyncio
import contextlib
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.at_once import NoThreads, no_pause
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
from support.simulated_wechat import KilledError, SimulatedWeChat

from minipush.adapters.wechat.reasons import reason_of
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.read_minutes import ReadMinutes
from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.run_segment import RunSegment
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaign_errors import ForbiddenTransitionError
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Status
from minipush.domain.permit_kinds import form_permits, pay_permits
from minipush.domain.permits import Permit
from minipush.domain.reports import ReportEntry
from minipush.errors import StoreError

TEMPLATE = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})
SUBSCRIPTION = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "你好"}})
CALM_AFTER = 400
SEEDS = int(os.environ.get("FAULT_SEEDS") or 100)
SETTINGS = WorkerSettings(batch_size=5, page_size=10, page_retry_pauses=(0.001,), look_seconds=0.0005)
FAULTS = {
    "calm": 60,
    "busy": 8,
    "http500": 2,
    "http500_after": 4,
    "unreached": 4,
    "garbage": 2,
    "lost_before": 4,
    "lost_after": 4,
    "killed_before": 2,
    "killed_after": 2,
    "quota": 1,
}


@dataclass
class Unreliable:
    """A port with calls that fail at random, half of them after they took effect."""

    port: Any
    random: random.Random
    share: float = 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        if asyncio.iscoroutinefunction(method):
            return lambda *args, **named: self._fail_async(lambda: method(*args, **named))
        return lambda *args, **named: self._fail(lambda: method(*args, **named))

    def _fail(self, call: Callable[[], Any]) -> Any:
        fails, late = self.random.random() < self.share, self.random.random() < 0.5
        result = call() if late or not fails else None
        if fails:
            raise StoreError
        return result

    async def _fail_async(self, call: Callable[[], Awaitable[Any]]) -> Any:
        fails, late = self.random.random() < self.share, self.random.random() < 0.5
        result = await call() if late or not fails else None
        if fails:
            raise StoreError
        return result


@dataclass
class Run:
    """One campaign, run to its end by workers that meet the faults of a seed."""

    seed: int
    now: float = 1_800_000_000.0
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    reports: MemoryReports = field(default_factory=MemoryReports)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    campaign_events: MemoryCampaignEvents = field(default_factory=MemoryCampaignEvents)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.message = SUBSCRIPTION if self.seed // 2 % 2 else TEMPLATE
        self.simulated = SimulatedWeChat(lambda: self.now)
        self.simulated.faults = self._fault  # type: ignore[assignment]
        self.calls = 0
        self.recipients = MemoryRecipients(self.store, self.campaigns)
        self.ledger = Unreliable(self.store, self.random)
        self.unreliable_campaigns = Unreliable(self.campaigns, self.random)
        self.unreliable_segments = Unreliable(MemoryRunningSegments(self.campaigns), self.random)
        self.unreliable_reports = Unreliable(MemoryReportPages(self.reports), self.random)
        self.unreliable = (
            self.ledger,
            self.unreliable_campaigns,
            self.unreliable_segments,
            self.unreliable_reports,
        )
        self.switch = MemorySendingSwitch()
        self.lifecycle = CampaignLifecycle(
            self.campaigns, self.queue, MemorySchedules, self.campaign_events, self.milliseconds, self.switch
        )

    def milliseconds(self) -> int:
        return int(self.now * 1000)

    def _fault(self) -> str:
        self.calls += 1
        if self.calls > CALM_AFTER:
            return "calm"
        return self.random.choices(list(FAULTS), list(FAULTS.values()))[0]

    # ---- the population

    def people(self) -> None:
        for n in range(self.random.randint(5, 120)):
            openid = f"user-{n:03}"
            self.simulated.wechat.users.add(openid)
            self.store.record_login(openid, None, 0)
            for form in range(self.random.choice((0, 1, 1, 2, 3))):
                self.tap(openid, f"form-{n}-{form}", real=self.random.random() < 0.85)
            if self.random.random() < 0.3:
                self.pay(openid, f"pay-{n}")
            if self.message is SUBSCRIPTION:
                self.subscribe(openid, n)
            if self.random.random() < 0.1:
                self.store.change(openid, {"opt_out": True})

    def tap(self, openid: str, form_id: str, *, real: bool) -> None:
        if real:
            self.simulated.wechat.sends.forms.give(form_id, openid, "form")
        self.store.add(openid, form_permits(form_id, None, self.milliseconds()))

    def pay(self, openid: str, prepay_id: str) -> None:
        self.simulated.wechat.sends.forms.give(prepay_id, openid, "pay")
        self.store.add(openid, pay_permits(prepay_id, self.milliseconds()))

    def subscribe(self, openid: str, n: int) -> None:
        subscriptions = self.simulated.wechat.sends.subscriptions
        for accept in range(self.random.choice((0, 1, 1, 2))):
            subscriptions.accept(openid, "T1", 1)
            self.store.add(openid, [Permit(permit_kinds.ONCE, f"accept-{n}-{accept}", template_id="T1")])
        if self.random.random() < 0.2:
            subscriptions.accept_long_term(openid, "T1")
            self.store.add(openid, [Permit(permit_kinds.LONG, "", template_id="T1")])

    def holders(self) -> set[str]:
        kinds, now = self.message.type.permit_kinds, self.milliseconds()
        return {openid for openid in self.store.permits if self.store.read(openid).fitting(kinds, "T1", now)}

    def make_campaign(self) -> set[str]:
        """Create the campaign; return its audience."""
        if self.random.random() < 0.5:
            audience, whom, segments = Audience(AudienceType.ALL), self.holders(), self.random.randint(1, 4)
        else:
            whom = {openid for openid in self.store.settings if self.random.random() < 0.7}
            whom |= {"nobody-we-know", "not an openid"}
            audience, segments = Audience(AudienceType.OPENIDS, tuple(sorted(whom))), 1
        plan = Plan("faults", self.message, audience)
        now = self.milliseconds()
        self.campaigns.create(Campaign("c-1", plan, segments, CampaignStatus.RUNNING, now, now, now))
        self.queue.put("c-1", range(segments))
        return whom

    # ---- the run

    def worker(self) -> RunSegment:
        dependencies = WorkerDependencies(
            store=self.unreliable_campaigns,
            segments=self.unreliable_segments,
            recipients=self.recipients,
            reports=self.unreliable_reports,
            templates=MemoryTemplates(),
            lifecycle=lambda: self.lifecycle,
            ledger=self.ledger,
            channel=Slow(self.simulated.channel, self.random),
            rates=MemoryRateReservations(),
            sending=SendingWatch(self.switch),
            clock=self.milliseconds,
            reason_of=reason_of,
            retry_policy=RetryPolicy(tries=4, sleep=no_pause),
            error_percent=100,
            settings=SETTINGS,
        )
        return RunSegment(dependencies, self.queue)

    async def to_the_end(self) -> None:
        for _ in range(2000):
            self.now += 1
            calm = self.calls > CALM_AFTER
            for port in self.unreliable:
                port.share = 0.0 if calm else self.failure_share
            if self.queue.messages:
                await self._run_one()
            elif self.campaigns.campaigns["c-1"].status is CampaignStatus.PAUSED:
                self.lifecycle.resume("c-1")
            else:
                return
        raise AssertionError("the campaign doesn't end")

    async def _run_one(self) -> None:
        message = self.queue.messages.pop(self.random.randrange(len(self.queue.messages)))
        times = self.random.choice((1, 1, 1, 2))
        work = [asyncio.create_task(self._run(message)) for _ in range(times)]
        if self.random.random() < 0.2:
            await self._interfere()
        for died in await asyncio.gather(*work):
            if died:
                self.queue.messages.append(message)

    async def _run(self, message: tuple[str, int, int]) -> bool:
        deadline = time.monotonic() + self.random.choice((25.0, 25.002, 60.0))
        died = False
        try:
            await self.worker()(message[0], message[1], deadline, lambda: None)
        except* (KilledError, StoreError):
            died = True
            self.now += 30  # until its lease is over
        return died

    async def _interfere(self) -> None:
        for _ in range(self.random.randrange(200)):
            await asyncio.sleep(0)
        with contextlib.suppress(ForbiddenTransitionError):
            self.lifecycle.pause("c-1")

    @property
    def failure_share(self) -> float:
        return 0.03 if self.seed % 2 else 0.0


@dataclass
class Slow(ReadyChannel):
    """Lets other tasks run during a call."""

    channel: Any
    random: random.Random

    async def send(self, *args: Any) -> Any:
        for _ in range(self.random.randrange(5)):
            await asyncio.sleep(0)
        reply = await self.channel.send(*args)
        for _ in range(self.random.randrange(5)):
            await asyncio.sleep(0)
        return reply


def report(run: Run) -> list[ReportEntry]:
    entries = []
    for segment in run.campaigns.segments("c-1"):
        for page in range(segment.pages):
            entries += run.reports.read("c-1", segment.number, page, segment.writer_of(page))
    return entries


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_each_is_reached_once_and_all_counts_agree(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It has tests of its own, and would have to be waited for.
    monkeypatch.setattr(
        "minipush.application.delivery.adaptive_throttle.AdaptiveThrottle.observe", lambda *_: None
    )
    run = Run(seed)
    run.people()
    audience = run.make_campaign()
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(NoThreads(1))
        runner.run(run.to_the_end())

    assert run.campaigns.campaigns["c-1"].status is CampaignStatus.COMPLETED
    entries = report(run)
    assert sorted(entry.openid for entry in entries) == sorted(audience)
    taken = Counter(message.openid for message in run.simulated.wechat.ledger.messages)
    assert max(taken.values(), default=0) <= 1
    statuses = {entry.openid: entry.status for entry in entries}
    assert {openid for openid, status in statuses.items() if status == "sent"} <= set(taken)
    assert {statuses[openid] for openid in taken} <= {"sent", "unknown"}
    totals = [segment.counts for segment in run.campaigns.segments("c-1")]
    for status in Status:
        assert sum(getattr(counts, status) for counts in totals) == list(statuses.values()).count(status)
    timeline, _ = ReadMinutes(run.campaigns)("c-1", 1, 10_000)
    reported = list(run.campaigns.reported.values())
    for status in Status:
        count = list(statuses.values()).count(status)
        assert sum(getattr(minute, status) for minute in timeline) == count
        assert sum(getattr(activity, status) for activity in reported) == count
    if not run.failure_share:
        held = {openid for openid in statuses if run.store.read(openid).claimed_for("c-1")}
        assert held == {openid for openid, status in statuses.items() if status in {"sent", "unknown"}}
