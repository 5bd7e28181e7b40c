"""Runs the job of a reminder: judges the rules, claims, sends, settles.

The message's id is the same through all channels and tries. A worker that dies leaves a claim behind, whose lease ends
before the queue delivers the job again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from minipush.application.centre.reminder_answers import step_after
from minipush.application.centre.reminder_facts import ReadReminderFacts, ReminderFacts
from minipush.application.centre.reminder_times import ReminderTimes
from minipush.application.centre.send_reminder import SendReminder
from minipush.application.ports.centre.reminder_queue import EndedTry, ReminderJob, ReminderQueue
from minipush.application.ports.centre.reminder_store import ReminderStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.reminder_channel import ReminderResult
from minipush.domain.centre import reminder_decisions as decisions
from minipush.domain.centre.channels import UserChannel
from minipush.domain.centre.reminder_steps import (
    ChannelOption,
    Find,
    Finish,
    Forward,
    Pause,
    Send,
    Situation,
    Step,
    Wait,
)
from minipush.domain.centre.reminders import (
    ChannelKind,
    ReminderQueueName,
    ReminderState,
    ReminderStatus,
    queue_of,
)
from minipush.errors import StoreError

# SQS delays a message so many seconds at most.
LONGEST_DELAY = 900

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReminder:
    """`queue_name`: of the queue whose jobs this worker runs. Everything that blocks runs in a thread."""

    queue_name: ReminderQueueName
    read_facts: ReadReminderFacts
    store: ReminderStore
    queue: ReminderQueue
    send: SendReminder
    clock: Clock
    new_owner: Callable[[], str]
    times: ReminderTimes = field(default_factory=ReminderTimes)

    async def __call__(self, job: ReminderJob, seconds_left: Callable[[], float]) -> ReminderStatus | None:
        """The job is done, or passed on, when this returns: how the reminder ended, if this run ended it.

        Raises StoreError: the queue delivers the job again.
        """
        facts = await asyncio.to_thread(self.read_facts, job.openid, job.sk)
        if facts is None:
            await self._wait_for_item(job)
            return None
        return await _Run(self, job, facts, seconds_left)()

    async def _wait_for_item(self, job: ReminderJob) -> None:
        """The job is queued before the item is put. A job without an item belongs to a push that failed."""
        if self.clock() - job.queued_at < self.times.missing_ms:
            await asyncio.to_thread(self.queue.pass_on, self.queue_name, job, self.times.missing_pause)


@dataclass(slots=True)
class _Run:
    """One run of one job. `_stored`: the reminder as it was read or written last."""

    use: RunReminder
    job: ReminderJob
    facts: ReminderFacts
    seconds_left: Callable[[], float]
    _stored: ReminderState = field(init=False)

    def __post_init__(self) -> None:
        self._stored = self.facts.state

    async def __call__(self) -> ReminderStatus | None:
        if self._stored.status.is_final:
            await self._recall()
            return None
        situation = await self._situation()
        step = self._first_step(situation)
        while isinstance(step, Send | Find):
            step = await self._advance(step, situation)
        await self._end(step, situation)
        return self._outcome()

    def _outcome(self) -> ReminderStatus | None:
        status = self._stored.status
        return status if status.is_final else None

    async def _situation(self) -> Situation:
        now = self.use.clock()
        return Situation(
            state=self._stored,
            options=await self._options(),
            queue=self.use.queue_name,
            now=now,
            against=self.facts.rules.reason_against(now),
            stops_in_doubt=self.facts.stops_in_doubt,
            is_off=self.use.send.sending.is_off,
        )

    async def _options(self) -> list[ChannelOption]:
        """While sending is switched off, a reminder waits as it does before channels that are paused."""
        found = [await self._option(to) for to in self.facts.channels]
        is_off = self.use.send.sending.is_off
        return [replace(option, is_barred=is_off or option.is_barred) for option in found if option]

    async def _option(self, to: UserChannel) -> ChannelOption | None:
        """Only the workers of a channel's own queue know how it works. None: it is not offered any more."""
        kind = to.kind
        if queue_of(kind) is not self.use.queue_name:
            return ChannelOption(kind=kind, is_barred=kind in self.job.passed_over)
        channel = self.use.send.channel(kind)
        if channel is None:
            return None
        is_barred = kind not in self._stored.tried and await asyncio.to_thread(
            self.use.send.breakers.is_barred, kind, channel.host(to.address)
        )
        repeat_ms = 0 if to.address.once else channel.repeat_ms
        return ChannelOption(
            kind=kind, repeat_ms=repeat_ms, find_after_ms=channel.find_after_ms, is_barred=is_barred
        )

    def _first_step(self, situation: Situation) -> Step:
        ended, stored = self.job.ended, self._stored
        if ended is None or stored.status is not ReminderStatus.CLAIMED or stored.owner != ended.owner:
            return decisions.next_step(situation)
        if ended.reason is None:
            return decisions.after_doubt(situation)
        return decisions.after_failure(situation, ended.reason)

    async def _advance(self, step: Send | Find, situation: Situation) -> Step:
        """Claim, then call the provider."""
        now, times = self.use.clock(), self.use.times
        seconds = min(times.send_seconds, self.seconds_left() - times.settle_seconds)
        to = self.facts.channel(step.state.channel)
        if seconds < times.least_seconds or to is None:
            return Wait(step.state, now)
        if isinstance(step, Send) and not await self._enters(to):
            return Wait(step.state, now + times.conflict_pause_ms)
        claimed = replace(step.state, owner=self.use.new_owner(), lease_until=now + times.lease_ms)
        if not await self._write(claimed):
            return Wait(self._stored, now + times.conflict_pause_ms)
        result = await self._call(step, to, claimed, seconds)
        return step_after(step, result, replace(situation, state=claimed, now=self.use.clock()))

    async def _enters(self, to: UserChannel) -> bool:
        """False if another worker has just taken the only try that the channel's breaker allows now."""
        channel = self.use.send.channel(to.kind)
        return channel is not None and await asyncio.to_thread(
            self.use.send.breakers.enter, to.kind, channel.host(to.address)
        )

    async def _call(
        self, step: Send | Find, to: UserChannel, claimed: ReminderState, seconds: float
    ) -> ReminderResult | None:
        if isinstance(step, Find):
            return await self.use.send.find(self.facts, to, claimed, seconds)
        return await self.use.send(self.facts, to, claimed, seconds, is_repeat=step.is_repeat)

    async def _end(self, step: Step, situation: Situation) -> None:
        match step:
            case Finish(state):
                if not await self._write(state):
                    await self._pass_on(self.use.queue_name, self._conflict_until())
            case Pause(state):
                until = state.lease_until if await self._write(state) else self._conflict_until()
                await self._pass_on(self.use.queue_name, until)
            case Wait(state, until):
                await self._pass_on(self.use.queue_name, until, state)
            case Forward(state, queue):
                await self._pass_on(queue, 0, state, self._passed_over(situation))

    def _passed_over(self, situation: Situation) -> tuple[ChannelKind, ...]:
        """What is barred, or not offered any more: the other queue's worker can't see that, and would send it back."""
        usable = {option.kind for option in situation.options if not option.is_barred}
        return tuple(channel.kind for channel in self.facts.channels if channel.kind not in usable)

    async def _write(self, state: ReminderState) -> bool:
        """False if another worker has the reminder. It has a job of its own, or this very one: neither is dropped."""
        job = self.job
        is_written = await asyncio.to_thread(self.use.store.change, job.openid, job.sk, self._stored, state)
        if is_written:
            self._stored = state
        elif self._stored.status is ReminderStatus.CLAIMED and state.status is not ReminderStatus.CLAIMED:
            logger.warning("a reminder changed while it was sent", extra={"status": state.status})
        return is_written

    def _conflict_until(self) -> int:
        return self.use.clock() + self.use.times.conflict_pause_ms

    async def _pass_on(
        self,
        queue: ReminderQueueName,
        until: int,
        known: ReminderState | None = None,
        passed_over: tuple[ChannelKind, ...] = (),
    ) -> None:
        """What is `known` but not written travels with the job. If the queue fails, it is written."""
        ended = self._ended(known) if known else None
        job = replace(self.job, ended=ended, passed_over=passed_over)
        delay = -(-max(0, until - self.use.clock()) // 1000)
        try:
            await asyncio.to_thread(self.use.queue.pass_on, queue, job, min(delay, LONGEST_DELAY))
        except StoreError:
            if known and ended:
                await self._write(replace(known, status=ReminderStatus.QUEUED, lease_until=0))
            raise

    def _ended(self, known: ReminderState) -> EndedTry | None:
        stored = self._stored
        if stored.owner is None or stored.channel is None or stored.channel not in known.tried:
            return None
        if stored.status is not ReminderStatus.CLAIMED:
            return None
        reason = None if stored.channel in known.in_doubt else known.reason
        return EndedTry(stored.owner, stored.channel, reason)

    async def _recall(self) -> None:
        """Take the notification of a deleted message off the phone, where a channel can."""
        state = self._stored
        reached = {*state.in_doubt, *((state.channel,) if state.status is ReminderStatus.SENT else ())}
        if not self.facts.rules.is_deleted or self.use.queue_name is not ReminderQueueName.BARK:
            return
        to = self.facts.channel(ChannelKind.BARK)
        if to and ChannelKind.BARK in reached:
            await self.use.send.recall(self.facts, to, self.use.times.send_seconds)
