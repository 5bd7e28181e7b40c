"""Reminders in memory: stores, queues and a channel whose provider does as a test says."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from support.centre import MemoryPreferences
from support.centre_inbox import MemoryInbox
from support.sending import MemorySendingSwitch

from minipush.application.centre.failed_tries import FailedTries
from minipush.application.centre.own_channels import OwnChannels
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.centre.channel_refusals import ChannelRefusal
from minipush.application.ports.centre.readers import Reader
from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.apps import App
from minipush.domain.centre.breakers import ChannelHealth
from minipush.domain.centre.channels import ChannelStatus, DeadReason, OwnershipCode, UserChannel
from minipush.domain.centre.inbox import Content, InboxMessage, Level, Sender, SenderKind
from minipush.domain.centre.preferences import DoNotDisturb
from minipush.domain.centre.reminders import (
    ChannelAddress,
    ChannelKind,
    Reminder,
    ReminderQueueName,
    ReminderState,
    ReminderStatus,
    queue_of,
)
from minipush.domain.timestamps import HOUR_MS

OPENID = "a-user"


SENDER_APP = App(
    appid="wx1",
    name="Garden",
    icon_url="https://garden.example/icon.png",
    summary="Tells you what needs water.",
    contact="garden@example.com",
    registered_at=0,
)
"""The app whose messages `strong_message` makes."""


def inbox_key(message: InboxMessage) -> str:
    return f"I#{message.at:013}#{message.id}"


def strong_message(
    message_id: str = "0" * 32, at: int = 0, until: int | None = None, openid: str = OPENID
) -> InboxMessage:
    """A message that nobody has been reminded of."""
    return InboxMessage(
        id=message_id,
        openid=openid,
        at=at,
        sender=Sender(SenderKind.APP, "wx1", "Garden"),
        content=Content(title="Water", body="The roses are dry."),
        reminder=ReminderState(status=ReminderStatus.QUEUED, until=at + HOUR_MS if until is None else until),
        until=at + 90 * 24 * HOUR_MS,
    )


def verified_channel(kind: ChannelKind, text: str = "an-address", at: int = 0) -> UserChannel:
    return UserChannel(address=ChannelAddress(kind, text), status=ChannelStatus.VERIFIED, verified_at=at)


@dataclass(slots=True)
class MemoryReminderStore:
    """`writes`: how often each message was written."""

    messages: dict[tuple[str, str], InboxMessage] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)

    def put(self, message: InboxMessage) -> str:
        sk = inbox_key(message)
        self.messages[message.openid, sk] = message
        return sk

    def read(self, openid: str, sk: str) -> InboxMessage | None:
        return self.messages.get((openid, sk))

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        there = self.messages.get((openid, sk))
        if there is None or there.reminder is None or _version(there.reminder) != _version(before):
            return False
        self.messages[openid, sk] = replace(there, reminder=after)
        self.writes[there.id] += 1
        return True


@dataclass(slots=True)
class InboxReminders:
    """The reminders of the messages that an inbox in memory holds. `writes`: how often any was written."""

    inbox: MemoryInbox
    writes: int = 0

    def read(self, openid: str, sk: str) -> InboxMessage | None:
        return self.inbox.read(openid, sk)

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        there = self.inbox.read(openid, sk)
        if there is None or there.reminder is None or _version(there.reminder) != _version(before):
            return False
        self.inbox.messages[openid][sk] = replace(there, reminder=after)
        self.writes += 1
        return True


def _version(state: ReminderState) -> tuple[object, ...]:
    return state.status, state.owner, state.lease_until


@dataclass(slots=True)
class QueuedJob:
    """`receives`: how often it was received."""

    queue: ReminderQueueName
    job: ReminderJob
    visible_at: int
    receives: int = 0


@dataclass(slots=True)
class MemoryReminderQueue:
    clock: Callable[[], int] = lambda: 0
    messages: list[QueuedJob] = field(default_factory=list)

    def add(self, kind: ChannelKind, message: InboxMessage) -> None:
        job = ReminderJob(
            openid=message.openid, sk=message.place, queued_at=self.clock(), sender=message.sender.id
        )
        self.pass_on(queue_of(kind), job)

    def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
        self.messages.append(QueuedJob(queue, job, self.clock() + 1000 * delay))

    def visible(self) -> list[QueuedJob]:
        return [message for message in self.messages if message.visible_at <= self.clock()]


@dataclass(slots=True)
class MemoryChannelHealth:
    health: dict[ChannelKind, ChannelHealth] = field(default_factory=dict)
    writes: int = 0

    def read(self, kind: ChannelKind) -> ChannelHealth:
        return self.health.get(kind, ChannelHealth())

    def save(self, kind: ChannelKind, before: ChannelHealth, after: ChannelHealth) -> bool:
        if self.read(kind) != before:
            return False
        self.health[kind] = after
        self.writes += 1
        return True


@dataclass(slots=True)
class MemoryChannelRefusals:
    refusals: dict[ChannelKind, ChannelRefusal] = field(default_factory=dict)
    writes: int = 0

    def read(self, kind: ChannelKind) -> ChannelRefusal | None:
        return self.refusals.get(kind)

    def keep(self, kind: ChannelKind, refusal: ChannelRefusal) -> None:
        self.refusals[kind] = refusal
        self.writes += 1


@dataclass(slots=True)
class MemoryChannels:
    """The channels of users. `codes`: by name, with their times (ms). `inbox`: takes the notices."""

    channels: dict[str, dict[ChannelKind, UserChannel]] = field(default_factory=dict)
    codes: dict[str, list[int]] = field(default_factory=dict)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    def read_all(self, openid: str) -> list[UserChannel]:
        return [*self.channels.get(openid, {}).values()]

    def put(self, openid: str, channel: UserChannel) -> None:
        self.channels.setdefault(openid, {})[channel.kind] = channel

    def take_try(self, openid: str, kind: ChannelKind, code: OwnershipCode, most: int) -> bool:
        there = self._with_code(openid, kind, code)
        if there is None or there.code is None or there.code.tries >= most:
            return False
        self.put(openid, replace(there, code=replace(there.code, tries=there.code.tries + 1)))
        return True

    def verify(self, openid: str, kind: ChannelKind, code: OwnershipCode, at: int) -> bool:
        there = self._with_code(openid, kind, code)
        if there is None:
            return False
        self.put(openid, replace(there, status=ChannelStatus.VERIFIED, verified_at=at))
        return True

    def kill(
        self, openid: str, address: ChannelAddress, reason: DeadReason, notice: InboxMessage | None = None
    ) -> bool:
        there = self.channels.get(openid, {}).get(address.kind)
        if there is None or there.status is ChannelStatus.DEAD or there.address != address:
            return False
        if notice and not self.inbox.put(notice):
            return False
        self.put(openid, replace(there, status=ChannelStatus.DEAD, reason=reason, code=None))
        return True

    def remove(self, openid: str, kind: ChannelKind) -> None:
        self.channels.get(openid, {}).pop(kind, None)

    def take(self, name: str, most: int, window_ms: int, now: int) -> int | None:
        sent = [at for at in self.codes.get(name, []) if at > now - window_ms]
        if len(sent) >= most:
            return sent[0] + window_ms
        self.codes[name] = [*sent, now]
        return None

    def _with_code(self, openid: str, kind: ChannelKind, code: OwnershipCode) -> UserChannel | None:
        there = self.channels.get(openid, {}).get(kind)
        return there if there and there.code and there.code.digest == code.digest else None


type SenderRules = tuple[Level, DoNotDisturb | None, int | None]
"""The level, do-not-disturb, and when the personal key ends (ms)."""


@dataclass(slots=True)
class MemoryReaders:
    """`senders`: bindings and personal keys, by the user, and the sender's kind and id."""

    preferences: MemoryPreferences
    channels: MemoryChannels
    senders: dict[tuple[str, SenderKind, str], SenderRules] = field(default_factory=dict)

    def read(self, openid: str, sender: Sender, now: int) -> Reader:
        gone = (Level.NONE, None, None)
        level, do_not_disturb, ends_at = self.senders.get((openid, sender.kind, sender.id), gone)
        if ends_at is not None and ends_at <= now:
            level, do_not_disturb = Level.NONE, None
        return Reader(
            preferences=self.preferences.read(openid),
            channels=self.channels.read_all(openid),
            level=level,
            do_not_disturb=do_not_disturb,
        )

    def mute(self, openid: str, kind: SenderKind, id_: str) -> None:
        if found := self.senders.get((openid, kind, id_)):
            level, _, ends_at = found
            muted = (level, DoNotDisturb(), ends_at)
            weak = (Level.NONE if level is Level.NONE else Level.WEAK, None, ends_at)
            self.senders[openid, kind, id_] = muted if kind is SenderKind.APP else weak


ACCEPTED = ReminderResult(verdict=ReminderVerdict.ACCEPTED, provider_id="p-1")
LOST = ReminderResult(verdict=ReminderVerdict.UNKNOWN)


def rejected(
    concerns: Concerns, retry_after: float | None = None, detail: str | None = None
) -> ReminderResult:
    return ReminderResult(
        verdict=ReminderVerdict.REJECTED, concerns=concerns, retry_after=retry_after, detail=detail
    )


@dataclass(slots=True)
class ScriptedChannel:
    """`script`: the results of its calls, in order; then it accepts. `taken`: reminders that the provider accepted,
    also where the answer was lost (`takes_lost`). `hangs` keeps every call waiting.
    """

    kind: ChannelKind
    script: Iterator[ReminderResult] = field(default_factory=lambda: iter(()))
    repeat_ms: int = 0
    find_after_ms: int = 0
    takes_lost: bool = True
    finds: Iterator[ReminderResult | None] = field(default_factory=lambda: iter(()))
    calls: list[Reminder] = field(default_factory=list)
    taken: list[Reminder] = field(default_factory=list)
    asked: list[Reminder] = field(default_factory=list)
    hangs: asyncio.Event | None = None

    def host(self, address: ChannelAddress) -> str:
        return f"{self.kind}.example"

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:
        self.calls.append(reminder)
        if self.hangs:
            await self.hangs.wait()
        result = next(self.script, ACCEPTED)
        is_lost = result.verdict is ReminderVerdict.UNKNOWN and self.takes_lost
        if result.verdict is ReminderVerdict.ACCEPTED or is_lost:
            self.taken.append(reminder)
        return result

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:
        return next(self.script, ACCEPTED)

    async def find(
        self, reminder: Reminder, address: ChannelAddress, timeout: float
    ) -> ReminderResult | None:
        self.asked.append(reminder)
        return next(self.finds, None)


def own_channels(users: MemoryChannels, channel: ScriptedChannel, clock: Callable[[], int]) -> OwnChannels:
    """Every kind has the same channel, any text is an address, and nobody is found inside WeChat."""
    return OwnChannels(
        store=users,
        limits=users,
        channel=lambda _: channel,
        read_address=lambda _, text: text,
        find_linked=lambda *_: None,
        health=MemoryChannelHealth(),
        failed_tries=FailedTries(MemoryChannelRefusals(), clock),
        key=lambda: b"a key",
        sending=SendingWatch(MemorySendingSwitch()),
        clock=clock,
    )
