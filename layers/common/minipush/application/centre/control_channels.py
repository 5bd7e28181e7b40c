"""What operators see of the reminders' channels, and do with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from minipush.application.centre.circuit_breakers import pause_channel
from minipush.application.ports.centre.channel_health import ChannelHealthStore
from minipush.application.ports.centre.channel_refusals import ChannelRefusal, ChannelRefusalStore
from minipush.application.ports.centre.reminder_queue import QueueCounts, ReminderDeadLetters
from minipush.application.ports.clock import Clock
from minipush.domain.centre.breakers import ChannelHealth, TryCounts
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, queue_of

# Dead letters that one request moves: as many as take a few seconds.
REDRIVEN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReport:
    """`counts`: of the channel's queue, which WeChat's two channels share. `open_hosts`: those that are left alone now.

    `last_refusal`: the last one that concerned the deployment's account with the provider.
    """

    kind: ChannelKind
    is_paused: bool
    open_hosts: Sequence[str]
    last_minute: TryCounts
    counts: QueueCounts
    last_refusal: ChannelRefusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """`moved`: about how many jobs are in the queue again; `left`: how many dead letters there are still."""

    moved: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChannels:
    """Every method raises StoreError."""

    health: ChannelHealthStore
    refusals: ChannelRefusalStore
    dead_letters: ReminderDeadLetters
    clock: Clock

    def read_all(self) -> list[ChannelReport]:
        counts = {queue: self.dead_letters.count(queue) for queue in ReminderQueueName}
        return [self._report(kind, self.health.read(kind), counts[queue_of(kind)]) for kind in ChannelKind]

    def pause(self, kind: ChannelKind, *, is_paused: bool) -> ChannelReport:
        health = pause_channel(self.health, kind, is_paused=is_paused)
        return self._report(kind, health, self.dead_letters.count(queue_of(kind)))

    def redrive(self, kind: ChannelKind) -> Redriven:
        """Jobs of a reminder that is out of date by now end as such."""
        moved = self.dead_letters.redrive(queue_of(kind), REDRIVEN)
        return Redriven(moved=moved, left=self.dead_letters.count(queue_of(kind)).dead)

    def _report(self, kind: ChannelKind, health: ChannelHealth, counts: QueueCounts) -> ChannelReport:
        now = self.clock()
        breakers = health.breakers.items()
        return ChannelReport(
            kind=kind,
            is_paused=health.is_paused,
            open_hosts=[host for host, breaker in breakers if not breaker.is_closed],
            last_minute=sum((breaker.recent(now) for _, breaker in breakers), TryCounts()),
            counts=counts,
            last_refusal=self.refusals.read(kind),
        )
