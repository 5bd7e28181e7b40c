"""The jobs of new reminders, in memory."""

from dataclasses import dataclass, field

from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName
from minipush.errors import StoreError


@dataclass
class QueuedReminders:
    jobs: list[tuple[ChannelKind, str, str]] = field(default_factory=list)
    fails: bool = False

    def add(self, kind: ChannelKind, message: InboxMessage) -> None:
        if self.fails:
            raise StoreError("the queue fails")
        self.jobs.append((kind, message.openid, message.place))

    def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
        raise NotImplementedError
