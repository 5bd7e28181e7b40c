"""One campaign from its first message to the last worker's rest, in the weather that a seed has for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.fault_plan import Turn, Weather
from chaos.population import TEMPLATE, Crowd, gather, store
from chaos.worker import Orders
from chaos.workers import Crew
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, WeChat, deploy, dismantle

from local.simulator.client import Control
from minipush.container import container
from minipush.domain.campaigns import Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Reason
from minipush.errors import ForbiddenTransitionError

PATIENCE_SECONDS = 100
# With nothing taken for so long, what was to happen later happens now.
STALLED_SECONDS = 2.5
PAUSED_SECONDS = 0.7
MESSAGES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
ID = "c-chaos"


@dataclass
class CampaignRun:
    weather: Weather
    deployment: Deployment
    wechat: Control
    directory: Path

    def __post_init__(self) -> None:
        self.crowd: Crowd = gather(self.weather, self.wechat)
        self.wired = container()
        store(self.crowd, self.wired.dynamodb, self.deployment.users)
        audience, self.audience = self.crowd.audience(self.weather)
        message = Message(self.weather.message_type, TEMPLATE, data={"thing1": {"value": "你好"}})
        self._plan = Plan("chaos", message, audience, max_per_second=self.weather.max_per_second)
        self._events = list(self.weather.events)
        self._resume_at: float | None = None
        self.happened: list[str] = []
        # After a kill or a pause: who was in doubt waits for the next worker, and a cancel may come first.
        self.has_doubts = False

    @property
    def failures(self) -> set[str]:
        """Users with a write that the table turned away, or whose answer was lost."""
        path = self.directory / "failures"
        return self.crowd.people.keys() & set(path.read_text().splitlines()) if path.exists() else set()

    @property
    def campaign(self) -> Campaign:
        kept = self.wired.campaigns.read(ID)
        assert kept
        return kept

    @property
    def taken(self) -> int:
        return int(self.wechat.summary()["taken"])

    def play(self) -> None:
        self._darken_the_sky()
        with Crew(self._orders(), self.weather.workers) as crew:
            self.wired.create_campaign(self._plan, ID)
            self._began = self._moved = time.monotonic()
            self._last = 0
            self._wait(crew, lambda: self.campaign.status.is_final)
            self._wait(crew, lambda: crew.is_idle and self._queue_is_empty())

    def _orders(self) -> Orders:
        weather = self.weather
        return Orders(
            weather.seed,
            self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
            weather.shaky,
            weather.shaky_seconds,
            weather.twice,
            self.directory / "workers.log",
            self.directory / "failures",
        )

    def _darken_the_sky(self) -> None:
        weather = self.weather
        self.wechat.configure(latency_ms=weather.latency_ms)
        if weather.quota is not None:
            self.wechat.configure(daily_quota=int(weather.quota * len(self.audience)))
        for fault in weather.faults:
            self.wechat.fault(**fault)

    def _wait(self, crew: Crew, is_over: Callable[[], bool]) -> None:
        while not is_over():
            crew.look_after()
            if self.campaign.status is CampaignStatus.PAUSED:
                self._resume_in_a_while()
            elif self.campaign.status is CampaignStatus.RUNNING:
                self._let_happen(crew)
            assert time.monotonic() < self._began + PATIENCE_SECONDS, f"it never ends: {self.campaign.status}"
            time.sleep(0.01)

    def _let_happen(self, crew: Crew) -> None:
        taken, now = self.taken, time.monotonic()
        if taken != self._last or crew.is_idle:
            self._last, self._moved = taken, now
        if not self._events:
            return
        is_due = taken >= self._events[0].after * len(self.audience) or now > self._moved + STALLED_SECONDS
        if is_due and self._happens(self._events[0].turn, crew):
            self._moved = now
            self.happened.append(f"{self._events.pop(0).turn.name} at {taken}")

    def _happens(self, turn: Turn, crew: Crew) -> bool:
        match turn:
            case Turn.KILL:
                killed = crew.kill_one()
                self.has_doubts |= killed
                return killed
            case Turn.FREEZE:
                frozen = crew.freeze_one()
                self.has_doubts |= frozen
                return frozen
            case Turn.PAUSE:
                return self._asks(self.wired.campaign_lifecycle.pause)
            case Turn.CANCEL:
                return self._asks(self.wired.campaign_lifecycle.cancel)
            case Turn.DOUBLE:
                self.wired.segment_queue.put(ID, range(self.campaign.segments))
            case Turn.REVOKE:
                self.wechat.revoke_tokens()
        return True

    def _asks(self, step: Callable[[str], Campaign]) -> bool:
        """Workers may have been quicker, and ended or paused it."""
        with suppress(ForbiddenTransitionError):
            step(ID)
            return True
        return False

    def _resume_in_a_while(self) -> None:
        self.has_doubts = True
        now = time.monotonic()
        self._resume_at = self._resume_at or now + PAUSED_SECONDS
        if now < self._resume_at:
            return
        self._resume_at = None
        reason = self.campaign.reason
        self.happened.append(f"paused for {reason}" if reason else "resumed")
        if reason is Reason.QUOTA:
            self.wechat.configure(daily_quota=None)
            self.wired.reconcile_campaigns()
        else:
            self.wired.campaign_lifecycle.resume(ID)

    def _queue_is_empty(self) -> bool:
        url = self.deployment.environment["CAMPAIGN_QUEUE_URL"]
        found = self.deployment.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return not any(int(found[name]) for name in MESSAGES)


@contextmanager
def campaign_run(
    weather: Weather, aws_endpoint: str, dynamodb: DynamoDBClient, wechat: WeChat, directory: Path
) -> Iterator[CampaignRun]:
    """A deployment of its own for each."""
    deployment = deploy(aws_endpoint, dynamodb, wechat)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in deployment.environment.items():
            patch.setenv(name, value)
        patch.setenv("CAMPAIGN_SEGMENTS", str(weather.segments))
        patch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")
        container.cache_clear()
        # The sweep comes by when the Beijing day has turned.
        deployment.a_day_later()
        try:
            yield CampaignRun(weather, deployment, wechat.control, directory)
        finally:
            dismantle()
            wechat.control.reset()
