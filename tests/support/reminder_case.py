"""One user's reminders with workers of all queues, in memory and virtual time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from support.reminders import (
    OPENID,
    MemoryChannelHealth,
    MemoryChannelRefusals,
    MemoryChannels,
    MemoryReminderQueue,
    MemoryReminderStore,
    QueuedJob,
    ScriptedChannel,
    strong_message,
    verified_channel,
)
from support.sending import MemorySendingSwitch

from minipush.application.centre.circuit_breakers import CircuitBreakers
from minipush.application.centre.failed_tries import FailedTries
from minipush.application.centre.reminder_facts import ReminderFacts
from minipush.application.centre.run_reminder import RunReminder
from minipush.application.centre.send_reminder import SendReminder
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.domain.centre.channels import channels_in_order
from minipush.domain.centre.reminder_rules import ReminderRules
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderState

START = 1_800_000_000_000
VISIBILITY_MS = 120_000


@dataclass
class ReminderCase:
    """`order`: of the user's channels."""

    channels: Mapping[ChannelKind, ScriptedChannel]
    rules: ReminderRules = field(default_factory=ReminderRules)
    stops_in_doubt: bool = False
    now: int = START

    def __post_init__(self) -> None:
        self.order: Sequence[ChannelKind] = [*self.channels]
        self.store = MemoryReminderStore()
        self.queue = MemoryReminderQueue(self.clock)
        self.health = MemoryChannelHealth()
        self.refusals = MemoryChannelRefusals()
        self.breakers = CircuitBreakers(self.health, self.clock)
        self.switch = MemorySendingSwitch()
        self.sending = SendingWatch(self.switch, look_seconds=0.005)
        self.users = MemoryChannels()
        self._owners = count()
        for n, kind in enumerate(self.channels):
            self.users.put(OPENID, verified_channel(kind, at=n))

    def clock(self) -> int:
        return self.now

    def push(self, message_id: str = "0" * 32, minutes: int = 60) -> str:
        """Queue, then put, as a push does. Returns the sk."""
        message = strong_message(message_id, self.now, self.now + 60_000 * minutes)
        sk = self.store.put(message)
        self.queue.add(self.order[0], message)
        return sk

    def state(self, sk: str) -> ReminderState:
        message = self.store.messages[OPENID, sk]
        assert message.reminder
        return message.reminder

    def worker(self, queue: ReminderQueueName) -> RunReminder:
        return RunReminder(
            queue_name=queue,
            read_facts=self.read_facts,
            store=self.store,
            queue=self.queue,
            send=SendReminder(
                channel=self.channels.get,
                channels=self.users,
                breakers=self.breakers,
                failed_tries=FailedTries(self.refusals, self.clock),
                sending=self.sending,
                clock=self.clock,
                unsubscribe_url=lambda message: f"https://api.example/centre/unsubscribe?token={message.id}",
            ),
            clock=self.clock,
            new_owner=lambda: f"owner-{next(self._owners)}",
        )

    def read_facts(self, openid: str, sk: str) -> ReminderFacts | None:
        message = self.store.read(openid, sk)
        if message is None or message.reminder is None:
            return None
        return ReminderFacts(
            message=message,
            state=message.reminder,
            rules=replace(self.rules, is_deleted=message.is_deleted),
            channels=channels_in_order(self.order, self.users.read_all(openid)),
            stops_in_doubt=self.stops_in_doubt,
        )

    def run(self, message: QueuedJob, seconds: float = 20) -> None:
        """A worker receives the message, and deletes it when it is done."""
        asyncio.run(self._watched(message, seconds))
        if message in self.queue.messages:
            self.queue.messages.remove(message)

    async def _watched(self, message: QueuedJob, seconds: float) -> None:
        async with self.sending:
            await self.worker(message.queue)(message.job, lambda: seconds)

    def run_due(self) -> int:
        """Run all jobs that are due now, and the jobs that they queue without a delay."""
        done = 0
        while due := self.queue.visible():
            self.run(due[0])
            done += 1
        return done

    def run_all(self, until: int | None = None) -> None:
        """Run jobs, and let time pass, until there are none, or until then (ms)."""
        while self.queue.messages:
            self.run_due()
            if self.queue.messages:
                self.now = min(message.visible_at for message in self.queue.messages)
            if until is not None and self.now > until:
                return
