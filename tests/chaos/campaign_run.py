"""Runs one campaign under a fault plan, until it has ended and all workers are idle."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.fault_plan import FaultPlan, Incident
from chaos.population import TEMPLATE, Population, create_population, store
from chaos.receipts import ReceiptPusher, Receipts
from chaos.worker import WorkerConfig
from chaos.workers import WorkerPool
from mypy_boto3_dynamodb import DynamoDBClient
from support.deployment import Deployment, WeChat, deploy, dismantle

from local.simulator.account.credentials import STABLE_TOKEN
from local.simulator.client import Control
from minipush.container import container
from minipush.domain.campaign_errors import ForbiddenTransitionError
from minipush.domain.campaigns import Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message, Reason

LONGEST_SECONDS = 100
# If WeChat accepts nothing for so long, the next event happens early.
STALLED_SECONDS = 2.5
# The same before the first message: a busy machine starts workers slowly.
UNSTARTED_SECONDS = 6.0
PAUSED_SECONDS = 0.7
# So long the token's answer takes, or WeChat is busy, before a worker is killed over it.
BEFORE_THE_KILL_SECONDS = 0.3
MESSAGES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
ID = "c-chaos"


@dataclass
class CampaignRun:
    plan: FaultPlan
    deployment: Deployment
    wechat: Control
    directory: Path

    def __post_init__(self) -> None:
        self.population: Population = create_population(self.plan, self.wechat)
        self.wired = container()
        store(self.population, self.wired.dynamodb, self.deployment.users)
        audience, self.audience = self.population.audience(self.plan)
        message = Message(self.plan.message_type, TEMPLATE, data={"thing1": {"value": "你好"}})
        self._campaign_plan = Plan("chaos", message, audience, max_per_second=self.plan.max_per_second)
        self._events = list(self.plan.events)
        self._resume_at: float | None = None
        self._receipts = ReceiptPusher(self.wechat, self.wired)
        self.happened: list[str] = []
        # After a kill or a pause, users in doubt wait for the next worker; a cancel may come first.
        self.has_doubts = False

    @property
    def failures(self) -> set[str]:
        """Users with a write that the table rejected, or whose answer was lost."""
        path = self.directory / "failures"
        return self.population.users.keys() & set(path.read_text().splitlines()) if path.exists() else set()

    @property
    def campaign(self) -> Campaign:
        kept = self.wired.campaigns.read(ID)
        assert kept
        return kept

    @property
    def accepted(self) -> int:
        return int(self.wechat.summary()["taken"])

    def play(self) -> None:
        self._set_faults()
        with WorkerPool(self._config(), self.plan.workers) as workers:
            self.wired.create_campaign(self._campaign_plan, ID)
            self._began = self._moved = time.monotonic()
            self._last = 0
            self._wait(workers, lambda: self.campaign.status.is_final)
            self._wait(workers, lambda: workers.is_idle and self._queue_is_empty())
        if self.plan.receipts is not Receipts.NEVER:
            self._receipts.push()

    def _config(self) -> WorkerConfig:
        return WorkerConfig(
            seed=self.plan.seed,
            environment=self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
            table_failures=self.plan.table_failures,
            table_failure_seconds=self.plan.table_failure_seconds,
            duplicates=self.plan.duplicates,
            log=self.directory / "workers.log",
            failures=self.directory / "failures",
        )

    def _set_faults(self) -> None:
        self.wechat.configure(latency_ms=self.plan.latency_ms)
        if self.plan.quota is not None:
            self.wechat.configure(daily_quota=int(self.plan.quota * len(self.audience)))
        for fault in self.plan.faults:
            self.wechat.fault(**fault)

    def _wait(self, workers: WorkerPool, is_over: Callable[[], bool]) -> None:
        while not is_over():
            workers.check()
            if self.plan.receipts is Receipts.EARLY:
                self._receipts.push_if_due()
            if self.campaign.status is CampaignStatus.PAUSED:
                self._resume_in_a_while()
            elif self.campaign.status is CampaignStatus.RUNNING:
                self._run_next_event(workers)
            assert time.monotonic() < self._began + LONGEST_SECONDS, (
                f"it does not end: {self.campaign.status}"
            )
            time.sleep(0.01)

    def _run_next_event(self, workers: WorkerPool) -> None:
        accepted, now = self.accepted, time.monotonic()
        if accepted != self._last or workers.is_idle:
            self._last, self._moved = accepted, now
        if not self._events:
            return
        patience = STALLED_SECONDS if accepted else UNSTARTED_SECONDS
        is_due = accepted >= self._events[0].after * len(self.audience) or now > self._moved + patience
        if is_due and self._cause(self._events[0].incident, workers):
            self._moved = now
            self.happened.append(f"{self._events.pop(0).incident.name} at {accepted}")

    def _cause(self, incident: Incident, workers: WorkerPool) -> bool:
        """Return whether it could happen now."""
        match incident:
            case Incident.KILL | Incident.KILL_OVER_TOKEN | Incident.KILL_IN_BACK_OFF:
                return self._kill(incident, workers)
            case Incident.FREEZE:
                frozen = workers.freeze_one()
                self.has_doubts |= frozen
                return frozen
            case Incident.PAUSE:
                return self._step(self.wired.campaign_lifecycle.pause)
            case Incident.CANCEL:
                return self._step(self.wired.campaign_lifecycle.cancel)
            case Incident.DOUBLE:
                self.wired.segment_queue.put(ID, range(self.campaign.segments))
            case Incident.REVOKE:
                self.wechat.revoke_tokens()
        return True

    def _kill(self, incident: Incident, workers: WorkerPool) -> bool:
        if incident is Incident.KILL_OVER_TOKEN:
            self.wechat.fault("latency", path=STABLE_TOKEN, ms=3000 * BEFORE_THE_KILL_SECONDS)
            self.wechat.revoke_tokens()
        elif incident is Incident.KILL_IN_BACK_OFF:
            self.wechat.fault("errcode", path=self.plan.send_path, errcode=-1, times=30)
        if incident is not Incident.KILL:
            time.sleep(BEFORE_THE_KILL_SECONDS)
        killed = workers.kill_one()
        self.has_doubts |= killed
        return killed

    def _step(self, step: Callable[[str], Campaign]) -> bool:
        """False if a worker has ended or paused the campaign first."""
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
    plan: FaultPlan, aws_endpoint: str, dynamodb: DynamoDBClient, wechat: WeChat, directory: Path
) -> Iterator[CampaignRun]:
    """With a separate deployment."""
    deployment = deploy(aws_endpoint, dynamodb, wechat)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in deployment.environment.items():
            patch.setenv(name, value)
        patch.setenv("CAMPAIGN_SEGMENTS", str(plan.segments))
        patch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")
        container.cache_clear()
        # For the sweep, the day in Beijing has changed.
        deployment.a_day_later()
        try:
            yield CampaignRun(plan, deployment, wechat.control, directory)
        finally:
            dismantle()
            wechat.control.reset()
