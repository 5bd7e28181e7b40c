"""A campaign with one worker process, which is killed once so much has happened."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chaos.worker import WorkerConfig
from chaos.workers import WorkerPool
from support.deployment import Deployment

from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.container import container
from minipush.domain.campaigns import Audience, AudienceType, CampaignStatus, Plan
from minipush.domain.counts import Counts
from minipush.domain.messages import Message

ID = "c-kills"
SECONDS = 90


@dataclass
class KilledCampaign:
    deployment: Deployment
    directory: Path

    def __post_init__(self) -> None:
        self.wechat = self.deployment.simulator.control
        self.wired = container()

    def send_to_all(self, message: Message) -> None:
        self.wired.create_campaign(Plan("kills", message, Audience(AudienceType.ALL)), ID)

    def work_until(self, is_reached: Callable[[], bool], retry_policy: RetryPolicy) -> None:
        """A worker process runs until then, and is killed."""
        config = WorkerConfig(
            seed=1,
            environment=self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
            table_failures=0,
            table_failure_seconds=0,
            duplicates=0,
            log=self.directory / "workers.log",
            failures=self.directory / "failures",
            retry_policy=retry_policy,
        )
        until = time.monotonic() + SECONDS
        with WorkerPool(config, 1):
            while not is_reached():
                assert time.monotonic() < until, "it doesn't come so far"
                time.sleep(0.05)

    def calls(self, path: str) -> int:
        return int(self.wechat.summary()["requests"].get(path, 0))

    @property
    def is_completed(self) -> bool:
        campaign = self.wired.campaigns.read(ID)
        return campaign is not None and campaign.status is CampaignStatus.COMPLETED

    @property
    def counts(self) -> Counts:
        found = Counts()
        for segment in self.wired.campaigns.segments(ID):
            found.merge(segment.counts)
        return found

    @property
    def reached(self) -> Counter[str]:
        return Counter(message["openid"] for message in self.wechat.messages())
