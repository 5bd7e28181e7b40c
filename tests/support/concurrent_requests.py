"""A subscription campaign in simulated time, by one worker after the other, and a WeChat that refuses bursts."""

import asyncio
import itertools
import random
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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
from support.memory import MemoryStore, MemoryTemplates
from support.rates import MemoryRateReservations
from support.ready_channel import ReadyChannel
from support.recipients import MemoryRecipients
from support.sending import MemorySendingSwitch
from support.simulated_wechat import KilledError, SimulatedWeChat
from support.virtual_time import VirtualTime

from minipush.adapters.wechat.reasons import reason_of
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.worker.dependencies import WorkerDependencies
from minipush.application.campaigns.worker.run_segment import RunSegment
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery.rate_limiter import RateLimiter
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.channel import About, Load, Retry, SendResult, Verdict
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Message, Reason
from minipush.domain.permits import Permit
from minipush.errors import StoreError

MESSAGE = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "好"}})
LATENCY = 0.05


@dataclass(frozen=True, kw_only=True)
class Timed(WorkerDependencies):
    """Its paces keep the simulated time."""

    time: VirtualTime = field(default_factory=VirtualTime)

    def rate_limiter(self, campaign: Campaign) -> RateLimiter:
        limit = campaign.plan.max_per_second
        return RateLimiter(self.rates, [(campaign.id, limit)] if limit else [], self.time.now, asyncio.sleep)


LOST = SendResult(verdict=Verdict.UNKNOWN, load=Load.BUSY)
NOTHING_LEFT = SendResult(
    verdict=Verdict.REJECTED, about=About.ALL_PERMITS, reason=Reason.REFUSED, used_up=True, errcode=43101
)
BUSY = SendResult(
    verdict=Verdict.REJECTED,
    about=About.PROVIDER,
    reason=Reason.WECHAT_UNAVAILABLE,
    retry=Retry.BACK_OFF,
    load=Load.BUSY,
    errcode=-1,
)


@dataclass
class Bursts(ReadyChannel):
    """Refuses with 43101 what comes in beyond `most` calls within a second, and a share at its `whim` for a while.

    `dies_at`: calls that kill the worker. `first`: the answer to the first call about each user. `lost`: no answer comes.
    """

    sky: SimulatedWeChat
    most: float
    dies_at: set[int] = field(default_factory=set)
    calls: list[float] = field(default_factory=list)
    window: deque[float] = field(default_factory=deque)
    untrue: list[str] = field(default_factory=list)
    lost: bool = False
    openids: list[str] = field(default_factory=list)
    first: SendResult | None = None
    met: set[str] = field(default_factory=set)
    whim: float = 0
    whimsical: tuple[float, float] = (0, 0)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def send(self, openid: str, *args: Any) -> Any:
        now = time.monotonic()
        self.calls.append(now)
        self.openids.append(openid)
        self.window.append(now)
        while self.window[0] <= now - 1:
            self.window.popleft()
        is_too_much = len(self.window) > self.most
        begins, ends = self.whimsical
        is_whim = begins <= now < ends and self.chance.random() < self.whim
        await asyncio.sleep(LATENCY)
        if len(self.calls) in self.dies_at:
            self.dies_at.discard(len(self.calls))
            raise KilledError
        if self.lost:
            return LOST
        if self.first and openid not in self.met:
            self.met.add(openid)
            return self.first
        if is_too_much or is_whim:
            self.untrue.append(openid)
            return NOTHING_LEFT
        return await self.sky.channel.send(openid, *args)


class BurstCampaign:
    """`rests`: how often the segment was left for minutes."""

    def __init__(
        self,
        users: Iterable[bool],
        *,
        most: float = float("inf"),
        error_percent: int = 100,
        max_per_second: int | None = None,
        message: Message = MESSAGE,
        settings: WorkerSettings | None = None,
        slice_seconds: float = float("inf"),
    ) -> None:
        """`users`: whether WeChat knows of the accept that each one has.

        `slice_seconds`: how long a worker has the segment before it hands it back for others.
        """
        self.slice_seconds = slice_seconds
        self.time = VirtualTime()
        self.sky = SimulatedWeChat(self.time.now)
        self.wechat = Bursts(self.sky, most)
        self.store, self.campaigns, self.reports = MemoryStore(), MemoryCampaigns(), MemoryReports()
        self.running_segments = MemoryRunningSegments(self.campaigns)
        self.report_pages = MemoryReportPages(self.reports)
        self.queue, self.campaign_events = MemoryQueue(), MemoryCampaignEvents()
        self.switch = MemorySendingSwitch()
        self.control = CampaignLifecycle(
            self.campaigns, self.queue, MemorySchedules, self.campaign_events, self.milliseconds, self.switch
        )
        self.error_percent = error_percent
        self.settings = settings or WorkerSettings()
        self.workers = self.rests = 0
        self.openids = [self._user(n, is_real) for n, is_real in enumerate(users)]
        now = self.milliseconds()
        plan = Plan("a campaign", message, Audience(AudienceType.ALL), max_per_second=max_per_second)
        self.campaigns.create(Campaign("c-1", plan, 1, CampaignStatus.RUNNING, now, now, now))
        self.queue.put("c-1", [0])

    def _user(self, number: int, is_real: bool) -> str:  # as it was given
        openid = f"user-{number:05}"
        self.sky.wechat.users.add(openid)
        self.store.record_login(openid, None, 0)
        self.store.add(openid, [Permit(permit_kinds.ONCE, f"{openid}-accept", template_id="T1")])
        if is_real:
            self.sky.wechat.sends.subscriptions.accept(openid, "T1", 1)
        return openid

    def milliseconds(self) -> int:
        return int(self.time.now() * 1000)

    def run(self, *, seconds: float = 300) -> None:
        """Until nothing is queued. `seconds`: how long a worker has."""
        self.time.run(self._carry_all(seconds))

    async def _carry_all(self, seconds: float) -> None:
        asyncio.get_running_loop().set_default_executor(NoThreads(1))
        for _ in range(500):
            if not self.queue.messages:
                return
            campaign_id, number, delay = self.queue.messages.pop(0)
            self.rests += delay >= 60
            await asyncio.sleep(delay)
            await self._carry(campaign_id, number, seconds)
        raise AssertionError("it never ends")

    async def _carry(self, campaign_id: str, number: int, seconds: float) -> None:
        self.workers += 1
        dependencies = Timed(
            store=self.campaigns,
            segments=self.running_segments,
            recipients=MemoryRecipients(self.store, self.campaigns, page_size=100),
            reports=self.report_pages,
            templates=MemoryTemplates(),
            lifecycle=lambda: self.control,
            ledger=self.store,
            channel=self.wechat,
            rates=MemoryRateReservations(),
            sending=SendingWatch(self.switch),
            clock=self.milliseconds,
            reason_of=reason_of,
            retry_policy=RetryPolicy(tries=3),
            error_percent=self.error_percent,
            settings=self.settings,
            time=self.time,
        )
        begun = time.monotonic()
        run = RunSegment(dependencies, self.queue)
        try:
            await run(
                campaign_id,
                number,
                begun + seconds,
                lambda: None,
                lambda: time.monotonic() >= begun + self.slice_seconds,
            )
        except* (KilledError, StoreError):
            self.queue.put(campaign_id, [number], 30)

    @property
    def segment(self) -> Segment:
        (segment,) = self.campaigns.segments("c-1")
        return segment

    @property
    def counts(self) -> Counts:
        return self.segment.counts

    @property
    def status(self) -> tuple[CampaignStatus, str | None, int | None]:
        campaign = self.campaigns.campaigns["c-1"]
        return campaign.status, campaign.reason, campaign.errcode

    @property
    def reached(self) -> Counter[str]:
        return Counter(message.openid for message in self.sky.wechat.ledger.messages)

    def reported(self) -> Counter[str]:
        pages = (self.reports.read("c-1", 0, n, self.segment.writer_of(n)) for n in range(self.segment.pages))
        return Counter(entry.openid for entry in itertools.chain.from_iterable(pages))

    def live(self, openid: str) -> int:
        return len(self.store.read(openid).live(self.milliseconds()))
