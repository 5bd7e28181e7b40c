"""Workers die between any two steps, jobs come twice, answers are lost and queues fail: no promise is broken."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from support.reminder_case import VISIBILITY_MS, ReminderCase
from support.reminders import (
    ACCEPTED,
    LOST,
    MemoryReminderQueue,
    MemoryReminderStore,
    ScriptedChannel,
    rejected,
)

from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.reminders import (
    ChannelAddress,
    ChannelKind,
    Reminder,
    ReminderQueueName,
    ReminderState,
    ReminderStatus,
)
from minipush.errors import StoreError

MINUTE = 60_000
SEEDS = int(os.environ.get("FAULT_SEEDS", "120"))
PUSHES = 12
REPEAT_MS = {ChannelKind.OFFICIAL: 9 * MINUTE, ChannelKind.BARK: 24 * 60 * MINUTE}
ONCE = (ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.SUBSCRIBE)


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


@dataclass
class Faults:
    """`share`: of the places at which a worker may die, or a call may fail."""

    chance: random.Random
    share: float

    def maybe_die(self) -> None:
        if self.chance.random() < self.share:
            raise Killed

    def maybe_fail(self) -> None:
        if self.chance.random() < self.share / 2:
            raise StoreError


@dataclass
class UnreliableStore:
    store: MemoryReminderStore
    faults: Faults

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        self.faults.maybe_die()
        self.faults.maybe_fail()
        is_written = self.store.change(openid, sk, before, after)
        self.faults.maybe_die()
        return is_written

    def read(self, openid: str, sk: str) -> object:
        return self.store.read(openid, sk)


@dataclass
class UnreliableQueue:
    queue: MemoryReminderQueue
    faults: Faults

    def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
        self.faults.maybe_die()
        self.faults.maybe_fail()
        self.queue.pass_on(queue, job, delay)
        self.faults.maybe_die()


@dataclass(slots=True)
class Provider(ScriptedChannel):
    """Answers by chance, and drops repeats as its kind promises. `shown`: what the user sees."""

    chance: random.Random = field(default_factory=random.Random)
    faults: Faults | None = None
    clock: Callable[[], int] = lambda: 0
    shown: Counter[str] = field(default_factory=Counter)
    accepted_at: dict[str, int] = field(default_factory=dict)

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:
        assert self.faults
        self.calls.append(reminder)
        self.faults.maybe_die()
        result = self.chance.choices(
            [ACCEPTED, LOST, rejected(Concerns.PROVIDER), rejected(Concerns.MESSAGE)], [5, 2, 2, 2]
        )[0]
        is_lost_before = result is LOST and self.chance.random() < 0.5
        if result.verdict is not ReminderVerdict.REJECTED and not is_lost_before:
            self._take(reminder)
        await asyncio.sleep(0)
        self.faults.maybe_die()
        return result

    def _take(self, reminder: Reminder) -> None:
        first = self.accepted_at.setdefault(reminder.message_id, self.clock())
        drops_repeat = reminder.message_id in self.shown and self.clock() - first < REPEAT_MS.get(
            self.kind, 0
        )
        if not drops_repeat:
            self.shown[reminder.message_id] += 1

    async def find(
        self, reminder: Reminder, address: ChannelAddress, timeout: float
    ) -> ReminderResult | None:
        assert self.faults
        self.faults.maybe_die()
        if self.chance.random() < 0.3:
            return None
        return ACCEPTED if reminder.message_id in self.shown else rejected(Concerns.MESSAGE)


@dataclass
class Campaign:
    """Pushes, each to a chain of channels by chance, under faults."""

    seed: int
    stops_in_doubt: bool

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.faults = Faults(self.chance, self.chance.choice([0.0, 0.02, 0.1]))
        kinds = [*ChannelKind]
        self.chance.shuffle(kinds)
        chain = kinds[: self.chance.randint(1, 4)]
        self.case = ReminderCase(
            {kind: self._provider(kind) for kind in chain}, stops_in_doubt=self.stops_in_doubt
        )
        for provider in self.providers.values():
            provider.clock = self.case.clock
        self.sks: dict[str, str] = {}

    def _provider(self, kind: ChannelKind) -> Provider:
        repeat_ms = REPEAT_MS.get(kind, 0)
        find_after = MINUTE if kind is ChannelKind.SMS else 0
        return Provider(
            kind, repeat_ms=repeat_ms, find_after_ms=find_after, chance=self.chance, faults=self.faults
        )

    @property
    def providers(self) -> dict[ChannelKind, Provider]:
        found: dict[ChannelKind, Provider] = {}
        for kind, channel in self.case.channels.items():
            assert isinstance(channel, Provider)
            found[kind] = channel
        return found

    def run(self) -> None:
        for n in range(PUSHES):
            id_ = f"{n:032}"
            self.sks[id_] = self.case.push(id_)
        while self.case.queue.messages:
            due = self.case.queue.visible()
            if due:
                asyncio.run(self._receive(self.chance.choice(due)))
            else:
                self.case.now = min(message.visible_at for message in self.case.queue.messages)

    async def _receive(self, message: object) -> None:
        """One worker has the message, or two at once. It is deleted as soon as one of them is done."""
        found = next(one for one in self.case.queue.messages if one is message)
        found.visible_at = self.case.now + VISIBILITY_MS
        workers = 2 if self.chance.random() < 0.15 else 1
        done = await asyncio.gather(*(self._work(found.queue, found.job) for _ in range(workers)))
        if any(done) and found in self.case.queue.messages:
            self.case.queue.messages.remove(found)

    async def _work(self, queue: ReminderQueueName, job: ReminderJob) -> bool:
        worker = self.case.worker(queue)
        object.__setattr__(worker, "store", UnreliableStore(self.case.store, self.faults))
        object.__setattr__(worker, "queue", UnreliableQueue(self.case.queue, self.faults))
        try:
            await worker(job, lambda: 20)
        except (Killed, StoreError):
            return False
        return True


async def at_once[T](call: Callable[..., T], *args: object) -> T:
    """In place of a thread, so that a seed always does the same."""
    await asyncio.sleep(0)
    return call(*args)


@pytest.fixture(autouse=True)
def _without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", at_once)


@pytest.fixture(scope="module", params=[False, True], ids=["next", "stop"])
def campaigns(request: pytest.FixtureRequest) -> list[Campaign]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "to_thread", at_once)
        found = [Campaign(seed, request.param) for seed in range(SEEDS)]
        for campaign in found:
            campaign.run()
    return found


def states(campaign: Campaign) -> dict[str, ReminderState]:
    return {id_: campaign.case.state(sk) for id_, sk in campaign.sks.items()}


def test_every_reminder_ends_in_an_outcome(campaigns: list[Campaign]) -> None:
    for campaign in campaigns:
        assert all(state.status.is_final for state in states(campaign).values()), campaign.seed


def test_no_user_sees_a_reminder_twice_on_one_channel(campaigns: list[Campaign]) -> None:
    for campaign in campaigns:
        for kind, provider in campaign.providers.items():
            assert max(provider.shown.values(), default=0) <= 1, (campaign.seed, kind)


def test_what_cannot_be_repeated_is_called_again_only_after_a_certain_refusal(
    campaigns: list[Campaign],
) -> None:
    for campaign in campaigns:
        for kind in ONCE:
            provider = campaign.providers.get(kind)
            assert provider is None or not any(call.is_repeat for call in provider.calls), campaign.seed


def test_the_outcomes_add_up_to_what_the_providers_took_and_what_is_in_doubt(
    campaigns: list[Campaign],
) -> None:
    for campaign in campaigns:
        for kind, provider in campaign.providers.items():
            told = states(campaign).items()
            sent = {id_ for id_, s in told if s.status is ReminderStatus.SENT and s.channel is kind}
            doubted = {id_ for id_, s in told if kind in s.in_doubt}
            assert sent <= set(provider.shown), campaign.seed
            assert set(provider.shown) <= sent | doubted, (campaign.seed, kind)


def test_nothing_follows_a_doubt_where_the_user_wants_to_stop(campaigns: list[Campaign]) -> None:
    for campaign in campaigns:
        if campaign.stops_in_doubt:
            for state in states(campaign).values():
                assert not state.in_doubt or state.status is ReminderStatus.UNKNOWN, campaign.seed


def test_one_reminder_has_one_id_on_all_channels(campaigns: list[Campaign]) -> None:
    for campaign in campaigns:
        called = {call.message_id for provider in campaign.providers.values() for call in provider.calls}
        assert called <= set(campaign.sks)


def test_the_faults_do_happen(campaigns: list[Campaign]) -> None:
    all_states = [state for campaign in campaigns for state in states(campaign).values()]
    assert {state.status for state in all_states} >= {
        ReminderStatus.SENT,
        ReminderStatus.FAILED,
        ReminderStatus.UNKNOWN,
    }
    repeats = sum(call.is_repeat for c in campaigns for p in c.providers.values() for call in p.calls)
    assert repeats > SEEDS / 4
