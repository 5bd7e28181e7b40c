"""A worker process of reminders: polls its queue as Lambda does, and calls the provider over a socket."""

import asyncio
import json
import multiprocessing
import os
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.exceptions import ClientError
from chaos.reminder_provider import ACCEPTED, BUSY, REFUSED
from support.deployment import LambdaContext
from support.reminder_channels import open_channel
from support.reminders import LOST, rejected

from functions.centre import reminder
from minipush.application.centre import circuit_breakers
from minipush.application.centre.reminder_times import ReminderTimes
from minipush.application.ports.reminder_channel import (
    Concerns,
    ReminderChannel,
    ReminderResult,
    ReminderVerdict,
)
from minipush.channels.reminder_settings import ReminderSettings
from minipush.container.message_centre import MessageCentre, message_centre
from minipush.domain.centre import breakers, reminder_decisions
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderQueueName

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["chaos.reminder_worker"])

VISIBLE_AGAIN_SECONDS = 4
# A tenth of the real times, so that minutes pass in seconds.
TIMES = ReminderTimes(
    lease_ms=3_000, send_seconds=1.0, settle_seconds=0.2, least_seconds=0.1, conflict_pause_ms=100
)
# A provider that hangs is still waited for when its worker is killed.
ADAPTER_TIMES = replace(TIMES, lease_ms=8_000, send_seconds=5.0)
PAUSES_MS = (200, 400, 1_000, 2_000)
REPEAT_MS = {ChannelKind.BARK: 600_000, ChannelKind.OFFICIAL: 60_000}
# Of providers that can be asked, as Aliyun.
FIND_AFTER_MS = {ChannelKind.SMS: 1_000}
FIND_PAUSE_MS = 1_000


TAKEN = ReminderResult(verdict=ReminderVerdict.ACCEPTED)


@dataclass(frozen=True)
class Adapters:
    """What opens the channels whose providers are called over the network."""

    settings: ReminderSettings
    secret: Mapping[str, str]

    def open(self) -> Mapping[ChannelKind, ReminderChannel]:
        kinds = (ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS)
        channels = {kind: open_channel(kind, self.settings, self.secret) for kind in kinds}
        channels[ChannelKind.SMS].find_after_ms = FIND_AFTER_MS[ChannelKind.SMS]
        return channels


@dataclass(frozen=True)
class ReminderWorkerConfig:
    """`duplicates`: the share of receives after which the messages stay visible to other workers.

    `adapters`: with them, the worker has the channels of the deployment instead of one that calls `port`.
    """

    queue: ReminderQueueName
    environment: Mapping[str, str]
    port: int
    duplicates: float
    log: Path
    adapters: Adapters | None = None

    def channels(self) -> Mapping[ChannelKind, ReminderChannel]:
        if self.adapters is None:
            return {kind: SocketChannel(kind, self.port) for kind in ChannelKind}
        return self.adapters.open()


class SocketChannel:
    def __init__(self, kind: ChannelKind, port: int) -> None:
        self.kind = kind
        self.repeat_ms = REPEAT_MS.get(kind, 0)
        self.find_after_ms = FIND_AFTER_MS.get(kind, 0)
        self._port = port

    def host(self, address: ChannelAddress) -> str:
        return f"{self.kind}.example"

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:
        said = await self._ask(reminder)
        if said == ACCEPTED:
            return TAKEN
        if said == BUSY:
            return rejected(Concerns.PROVIDER)
        return rejected(Concerns.MESSAGE) if said == REFUSED else LOST

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:
        raise NotImplementedError

    async def find(
        self, reminder: Reminder, address: ChannelAddress, timeout: float
    ) -> ReminderResult | None:
        if not self.find_after_ms:
            raise NotImplementedError
        return TAKEN if await self._ask(reminder, is_question=True) == ACCEPTED else None

    async def _ask(self, reminder: Reminder, *, is_question: bool = False) -> str:
        """Empty where the connection breaks."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        asked = {
            "kind": self.kind,
            "id": reminder.message_id,
            "pid": os.getpid(),
            "is_repeat": reminder.is_repeat,
            "is_question": is_question,
        }
        writer.write(f"{json.dumps(asked)}\n".encode())
        said = (await reader.readline()).decode().strip()
        writer.close()
        return said


def work(config: ReminderWorkerConfig) -> None:
    """Work until the process is killed."""
    log = os.open(config.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update({**config.environment, "REMINDER_QUEUE": config.queue})
    m = message_centre()
    m.override(reminder_channel=config.channels().get)
    shorten(m, ADAPTER_TIMES if config.adapters else TIMES)
    poll(boto3.client("sqs"), config, random.Random(os.getpid()))


def shorten(m: MessageCentre, times: ReminderTimes) -> None:
    for module, name, value in (
        (reminder_decisions, "PAUSES_MS", PAUSES_MS),
        (reminder_decisions, "BARRED_PAUSE_MS", 500),
        (reminder_decisions, "FIND_PAUSE_MS", FIND_PAUSE_MS),
        (breakers, "FIRST_PAUSE_MS", 500),
        (breakers, "LONGEST_PAUSE_MS", 1_000),
        (breakers, "PROBE_MS", 1_000),
        (circuit_breakers, "FRESH_MS", 200),
    ):
        assert hasattr(module, name)
        setattr(module, name, value)
    run = m.run_reminders
    run._run = replace(run._run, times=times)


def poll(sqs: Any, config: ReminderWorkerConfig, chance: random.Random) -> None:
    url = config.environment[f"{config.queue.upper()}_REMINDERS_URL"]
    while True:
        hidden = 0 if chance.random() < config.duplicates else VISIBLE_AGAIN_SECONDS
        received = sqs.receive_message(
            QueueUrl=url, VisibilityTimeout=hidden, WaitTimeSeconds=1, MaxNumberOfMessages=10
        ).get("Messages", [])
        if received:
            run(sqs, url, received)


def run(sqs: Any, url: str, received: list[dict[str, Any]]) -> None:
    records = [{"messageId": message["MessageId"], "body": message["Body"]} for message in received]
    answer = reminder.handler({"Records": records}, LambdaContext(seconds=20))
    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    for message in received:
        if message["MessageId"] not in failed:
            # Another worker may have received or deleted it by now.
            with suppress(ClientError):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


class Workers:
    """One process for each queue, which is replaced when it dies."""

    def __init__(self, configs: list[ReminderWorkerConfig]) -> None:
        self._configs = configs
        self._processes: list[Any] = []

    def __enter__(self) -> Self:
        self._processes = [self._started(config) for config in self._configs]
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.join()

    def replace_dead(self) -> None:
        for place, process in enumerate(self._processes):
            if not process.is_alive():
                self._processes[place] = self._started(self._configs[place])

    @staticmethod
    def _started(config: ReminderWorkerConfig) -> Any:
        process = FORKS.Process(target=work, args=(config,), daemon=True)
        process.start()
        return process
