"""The queues of reminders."""

from dataclasses import dataclass
from typing import Protocol

from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderReason


@dataclass(frozen=True, slots=True)
class EndedTry:
    """A channel is done with under this owner's claim, and a channel of another queue is next.

    `reason`: why it failed; None: nobody can tell whether it reached the user. This travels with the job, so that the
    next channel's claim writes it: handing over costs no write of its own.
    """

    owner: str
    channel: ChannelKind
    reason: ReminderReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderJob:
    """A reminder that is under way has a job in one of the queues. `sk`: of the inbox item.

    `queued_at`: when the reminder was first queued (ms). `passed_over`: channels by which nothing may be sent now,
    as the workers of other queues have found. `sender`: the id of the message's sender; empty for the centre itself.
    """

    openid: str
    sk: str
    queued_at: int
    ended: EndedTry | None = None
    passed_over: tuple[ChannelKind, ...] = ()
    sender: str = ""


class ReminderQueue(Protocol):
    """Any job may be delivered twice, and late. A sender of many jobs does not keep those of others waiting."""

    def add(self, kind: ChannelKind, message: InboxMessage) -> None:
        """Queue a new reminder for its first channel."""
        ...

    def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
        """Queue a job for a later time, or for another channel. `delay`: seconds, 900 at most."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCounts:
    """About how many jobs wait or run, wait for their time, and have failed in five workers."""

    queued: int
    delayed: int
    dead: int


class ReminderDeadLetters(Protocol):
    def count(self, queue: ReminderQueueName) -> QueueCounts: ...

    def redrive(self, queue: ReminderQueueName, most: int) -> int:
        """Move dead letters back to their queue. Returns how many: some may be moved twice, none is lost."""
        ...
