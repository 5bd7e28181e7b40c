"""A campaign through bad weather, over many seeds: one message a user at most, and the books add up."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.at_once import NoThreads, no_pause
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemoryReports
from support.memory import MemoryStore
from support.rates import MemoryRateReservations
from support.recipients import MemoryRecipients
from support.simulated_wechat import KilledError, SimulatedWeChat

from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.run_segment import RunSegment
from minipush.application.campaigns.worker.segment_runner import WorkerDependencies
from minipush.application.delivery.delivery import RetryPolicy
from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Status
from minipush.domain.permit_kinds import form_permits, pay_permits
from minipush.errors import ForbiddenTransitionError, StoreError

MESSAGE = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})
CALM_AFTER = 400
SEEDS = 100
WORDS = {
    "calm": 60,
    "busy": 8,
    "http500": 2,
    "unreached": 4,
    "garbage": 2,
    "lost_before": 4,
    "lost_after": 4,
    "killed_before": 2,
    "killed_after": 2,
    "quota": 1,
}


@dataclass
class Shaky:
    """A port whose calls fail now and then, half of them after they were carried out."""

    port: Any
    random: random.Random
    share: float = 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        if asyncio.iscoroutinefunction(method):
            return lambda *args: self._shaken_later(method, *args)
        return lambda *args: self._shaken(method, *args)

    def _shaken(self, method: Callable[..., Any], *args: Any) -> Any:
        fails, late = self.random.random() < self.share, self.random.random() < 0.5
        result = method(*args) if late or not fails else None
        if fails:
            raise StoreError
        return result

    async def _shaken_later(self, method: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        fails, late = self.random.random() < self.share, self.random.random() < 0.5
        result = await method(*args) if late or not fails else None
        if fails:
            raise StoreError
        return result


@dataclass
class Run:
    """One campaign, carried to its end by workers who meet whatever the seed has for them."""

    seed: int
    now: float = 1_800_000_000.0
    campaigns: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    reports: MemoryReports = field(default_factory=MemoryReports)
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    campaign_events: MemoryCampaignEvents = field(default_factory=MemoryCampaignEvents)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.sky = SimulatedWeChat(lambda: self.now)
        self.sky.faults = self._weather  # type: ignore[assignment]
        self.calls = 0
        self.recipients = MemoryRecipients(self.store, self.campaigns)
        self.ledger = Shaky(self.store, self.random)
        self.shaky_campaigns = Shaky(self.campaigns, self.random)
        self.shaky_reports = Shaky(self.reports, self.random)
        self.lifecycle = CampaignLifecycle(
            self.campaigns, self.queue, lambda _: None, self.campaign_events, self.milliseconds
        )

    def milliseconds(self) -> int:
        return int(self.now * 1000)

    def _weather(self) -> str:
        self.calls += 1
        if self.calls > CALM_AFTER:
            return "calm"
        return self.random.choices(list(WORDS), list(WORDS.values()))[0]

    # ---- who is there

    def people(self) -> None:
        for n in range(self.random.randint(5, 120)):
            openid = f"user-{n:03}"
            self.sky.wechat.users.add(openid)
            self.store.record_login(openid, None, 0)
            for form in range(self.random.choice((0, 1, 1, 2, 3))):
                self.tap(openid, f"form-{n}-{form}", real=self.random.random() < 0.85)
            if self.random.random() < 0.3:
                self.pay(openid, f"pay-{n}")
            if self.random.random() < 0.1:
                self.store.change(openid, {"opt_out": True})

    def tap(self, openid: str, form_id: str, *, real: bool) -> None:
        if real:
            self.sky.wechat.sends.forms.give(form_id, openid, "form")
        self.store.add(openid, form_permits(form_id, None, self.milliseconds()))

    def pay(self, openid: str, prepay_id: str) -> None:
        self.sky.wechat.sends.forms.give(prepay_id, openid, "pay")
        self.store.add(openid, pay_permits(prepay_id, self.milliseconds()))

    def make_campaign(self) -> set[str]:
        """Its audience."""
        holders = {openid for openid, mine in self.store.permits.items() if mine}
        if self.random.random() < 0.5:
            audience, whom, segments = Audience(AudienceType.ALL), holders, self.random.randint(1, 4)
        else:
            whom = {openid for openid in self.store.settings if self.random.random() < 0.7}
            whom |= {"nobody-we-know", "not an openid"}
            audience, segments = Audience(AudienceType.OPENIDS, tuple(sorted(whom))), 1
        plan = Plan("weather", MESSAGE, audience)
        now = self.milliseconds()
        self.campaigns.create(Campaign("c-1", plan, segments, CampaignStatus.RUNNING, now, now, now))
        self.queue.put("c-1", range(segments))
        return whom

    # ---- how it goes

    def worker(self) -> RunSegment:
        dependencies = WorkerDependencies(
            self.shaky_campaigns, self.recipients, self.shaky_reports, self.lifecycle, self.ledger,
            Slow(self.sky.channel, self.random), MemoryRateReservations(), self.milliseconds,
            RetryPolicy(tries=4, sleep=no_pause), 0, 100,
        )  # fmt: skip
        return RunSegment(dependencies, self.queue)

    async def to_the_end(self) -> None:
        for _ in range(2000):
            self.now += 1
            calm = self.calls > CALM_AFTER
            for shaky in (self.ledger, self.shaky_campaigns, self.shaky_reports):
                shaky.share = 0.0 if calm else self.shakiness
            if self.queue.messages:
                await self._carry_one()
            elif self.campaigns.campaigns["c-1"].status is CampaignStatus.PAUSED:
                self.lifecycle.resume("c-1")
            else:
                return
        raise AssertionError("it never ends")

    async def _carry_one(self) -> None:
        message = self.queue.messages.pop(self.random.randrange(len(self.queue.messages)))
        times = self.random.choice((1, 1, 1, 2))
        work = [asyncio.create_task(self._carry(message)) for _ in range(times)]
        if self.random.random() < 0.2:
            await self._interfere()
        for died in await asyncio.gather(*work):
            if died:
                self.queue.messages.append(message)

    async def _carry(self, message: tuple[str, int, int]) -> bool:
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
    def shakiness(self) -> float:
        return 0.03 if self.seed % 2 else 0.0


@dataclass
class Slow:
    """Lets others have their turn while a call is under way."""

    channel: Any
    random: random.Random

    async def send(self, *args: Any) -> Any:
        for _ in range(self.random.randrange(5)):
            await asyncio.sleep(0)
        reply = await self.channel.send(*args)
        for _ in range(self.random.randrange(5)):
            await asyncio.sleep(0)
        return reply


def report(run: Run) -> list[dict[str, Any]]:
    lines = []
    for segment in run.campaigns.segments("c-1"):
        for page in range(segment.pages):
            lines += run.reports.read("c-1", segment.number, page, segment.writer_of(page))
    return lines


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_each_is_reached_once_and_the_books_add_up(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minipush.application.campaigns.worker.segment_lease.LOOK_SECONDS", 0.0005)
    # It has tests of its own, and would have to be waited for.
    monkeypatch.setattr(
        "minipush.application.delivery.adaptive_throttle.AdaptiveThrottle.observe", lambda *_: None
    )
    monkeypatch.setattr("minipush.application.campaigns.worker.segment_checkpoint.PAUSES", (0.001, 0.0))
    monkeypatch.setattr("minipush.application.campaigns.worker.segment_checkpoint.PAGE", 10)
    monkeypatch.setattr("minipush.application.campaigns.worker.segment_runner.BATCH", 5)
    run = Run(seed)
    run.people()
    audience = run.make_campaign()
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(NoThreads(1))
        runner.run(run.to_the_end())

    assert run.campaigns.campaigns["c-1"].status is CampaignStatus.COMPLETED
    lines = report(run)
    assert sorted(line["openid"] for line in lines) == sorted(audience)
    taken = Counter(message.openid for message in run.sky.wechat.ledger.messages)
    assert max(taken.values(), default=0) <= 1
    statuses = {line["openid"]: line["status"] for line in lines}
    assert {openid for openid, status in statuses.items() if status == "sent"} <= set(taken)
    assert {statuses[openid] for openid in taken} <= {"sent", "unknown"}
    totals = [segment.counts for segment in run.campaigns.segments("c-1")]
    for status in Status:
        assert sum(getattr(counts, status) for counts in totals) == list(statuses.values()).count(status)
    if not run.shakiness:
        held = {openid for openid in statuses if run.store.read(openid).claimed_for("c-1")}
        assert held == {openid for openid, status in statuses.items() if status in {"sent", "unknown"}}
