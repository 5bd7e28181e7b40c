"""Workers of a broadcast are killed and frozen, their segments come twice, and the table fails.

Who has bound the app has the message once, and a job for the reminder.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chaos.worker import WorkerConfig
from chaos.workers import WorkerPool
from support.centre_items import CentreItems
from support.deployment import Deployment

from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind

pytestmark = [pytest.mark.e2e, pytest.mark.emulator]

APPID, USERS, WORKERS, KILLS = "wx5e1f0000c0ffee02", 160, 3, 6
SECONDS = 120


@dataclass
class Run:
    deployment: Deployment
    directory: Path

    def __post_init__(self) -> None:
        self.centre = message_centre()
        self.openids = [f"user-{number:03}" for number in range(USERS)]
        secret = self.deployment.call("register-app", token="mp_admin").json["secret"]
        items = CentreItems(self.centre.table)
        for openid in self.openids:
            items.bind(openid, f"b{openid}", APPID)
            items.verify(openid, ChannelKind.BARK)
        self.id = self.deployment.call("start-broadcast", {"title": "Closed"}, token=secret).json["id"]

    def work(self) -> int:
        """How often a worker was killed while it ran a segment."""
        config = WorkerConfig(
            seed=5,
            environment=self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
            table_failures=0.04,
            table_failure_seconds=20,
            duplicates=0.3,
            log=self.directory / "workers.log",
            failures=self.directory / "failures",
        )
        until, killed, frozen = time.monotonic() + SECONDS, 0, False
        with WorkerPool(config, WORKERS) as workers:
            while not self.is_over:
                workers.check()
                if self.stored >= (killed + 1) * USERS // (KILLS + 2) and killed < KILLS:
                    frozen = frozen or workers.freeze_one()
                    killed += workers.kill_one()
                assert time.monotonic() < until, self.campaign
                time.sleep(0.02)
            while not workers.is_idle:
                workers.check()
                time.sleep(0.1)
        return killed

    @property
    def campaign(self) -> dict[str, Any]:
        return dict(self.deployment.call("read-campaign", token="mp_read", campaign_id=self.id).json)

    @property
    def is_over(self) -> bool:
        kept = container().campaigns.read(self.id)
        return kept is not None and kept.status.is_final

    @property
    def stored(self) -> int:
        """How many messages are in the inboxes."""
        answer = container().dynamodb.scan(
            TableName=self.deployment.environment["CENTRE_TABLE"],
            Select="COUNT",
            FilterExpression="begins_with(sk, :inbox)",
            ExpressionAttributeValues={":inbox": {"S": "I#"}},
        )
        return answer["Count"]

    def inboxes(self) -> list[InboxMessage]:
        pages = (self.centre.inbox.page(openid, 0, None, 100).entries for openid in self.openids)
        return [message for page in pages for message in page]

    def jobs(self) -> set[tuple[str, str]]:
        url, found = self.deployment.environment["BARK_REMINDERS_URL"], set()
        while messages := self.deployment.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            bodies = [json.loads(message["Body"]) for message in messages]
            found |= {(body["openid"], body["sk"]) for body in bodies}
        return found


def test_killed_and_frozen_workers_neither_lose_nor_double_a_message(
    deployment: Deployment, tmp_path: Path
) -> None:
    run = Run(deployment, tmp_path)
    assert run.work() == KILLS
    messages = run.inboxes()
    assert sorted(message.openid for message in messages) == run.openids
    assert {(message.openid, message.place) for message in messages} <= run.jobs()
    assert (run.campaign["status"], run.campaign["counts"]["sent"]) == ("completed", USERS)
