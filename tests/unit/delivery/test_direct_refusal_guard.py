"""43101 in direct sends: believed when it comes alone, doubted in a sudden mass."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from support.memory import MemoryRefusalCounts, MemoryStore, MemoryTemplates
from support.rate_gate import FreeSlots
from support.ready_channel import ReadyChannel
from support.sending import MemorySendingSwitch

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import DeliveryDependencies
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.second_check import SAMPLE, SecondCheck
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.delivery.sudden_refusals import REST_SECONDS
from minipush.application.messages.check_fields import CheckFields
from minipush.application.ports.channel import About, SendResult, Verdict
from minipush.application.ports.refusals import RefusalCount
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.messages import Message, Outcome, Reason, Status
from minipush.domain.permits import Permit
from minipush.errors import StoreError

MESSAGE = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "你好"}})
ACCEPTED = SendResult(verdict=Verdict.ACCEPTED, msgid=1)
REFUSED = SendResult(
    verdict=Verdict.REJECTED,
    about=About.ALL_PERMITS,
    reason=Reason.REFUSED,
    used_up=True,
    errcode=43101,
    errmsg="user refuse to accept the msg",
)
ACCEPTS = 2


@dataclass
class BurstWeChat(ReadyChannel):
    """Takes the first messages of a burst, and refuses the others: all of them, or those with these numbers."""

    takes: int = 0
    calls: int = 0
    lies: range | None = None
    otherwise: SendResult = ACCEPTED

    async def send(self, *_: object) -> SendResult:
        self.calls += 1
        is_refused = self.calls > self.takes if self.lies is None else self.calls - 1 in self.lies
        return REFUSED if is_refused else self.otherwise


@dataclass
class World:
    """Users with two accepts each, and the processes that send to them."""

    wechat: BurstWeChat = field(default_factory=BurstWeChat)
    store: MemoryStore = field(default_factory=MemoryStore)
    counts: MemoryRefusalCounts = field(default_factory=MemoryRefusalCounts)
    now: int = 1_800_000_000_000
    waits: list[float] = field(default_factory=list)
    slow_slots: FreeSlots = field(default_factory=FreeSlots)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    def users(self, count: int) -> list[str]:
        openids = [f"user-{len(self.store.permits) + n}" for n in range(count)]
        for openid in openids:
            self.store.add(
                openid, [Permit(permit_kinds.ONCE, str(n), template_id="T1") for n in range(ACCEPTS)]
            )
        return openids

    def process(self) -> SendMessages:
        dependencies = DeliveryDependencies(
            ledger=self.store,
            channel=self.wechat,
            rate_gate=FreeSlots(),
            clock=lambda: self.now,
            retry_policy=RetryPolicy(),
        )
        slowly = replace(dependencies, rate_gate=self.slow_slots)
        second_check = SecondCheck(self.counts, Deliver(slowly).send_again, lambda: self.now)
        guard = DirectRefusalGuard(self.store, self.counts, lambda: self.now, second_check, sleep=self._wait)
        deliver = Deliver(dependencies, guard.defer)
        return SendMessages(
            self.store, CheckFields(MemoryTemplates()), deliver, guard, SendingWatch(MemorySendingSwitch())
        )

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.meanwhile:
            await self.meanwhile()

    def waits_for(self, refusals: int) -> None:
        """The half-second is as long as all requests of a mass take."""

        async def all_are_refused() -> None:
            async with asyncio.timeout(30):
                while self.counts.read(self.now).refused < refusals:  # noqa: ASYNC110  # threads add to them
                    await asyncio.sleep(0.001)

        self.meanwhile = all_are_refused

    async def send(self, process: SendMessages, openids: list[str]) -> list[Outcome]:
        return await process(openids, MESSAGE, f"work-{openids[0]}", time.monotonic() + 25)

    def sends(self, process: SendMessages, openids: list[str]) -> list[Outcome]:
        return asyncio.run(self.send(process, openids))

    def live(self, openids: list[str]) -> int:
        return sum(len(self.store.read(openid).live(self.now)) for openid in openids)


def reasons(outcomes: list[Outcome]) -> Counter[str | None]:
    return Counter(outcome.reason for outcome in outcomes)


def test_a_refusal_that_comes_alone_is_believed_and_all_permits_are_invalidated() -> None:
    world = World()
    [ada] = world.users(1)
    [outcome] = world.sends(world.process(), [ada])
    assert (outcome.reason, outcome.errcode) == (Reason.REFUSED, 43101)
    assert world.live([ada]) == 0


def test_an_unexpected_error_for_one_user_leaves_no_other_users_permits_claimed() -> None:
    world = World()
    ada, *others = world.users(3)

    class FailsFirst(BurstWeChat):
        async def send(self, openid: str, *_: object) -> SendResult:  # type: ignore[override]
            if openid == ada:
                raise RuntimeError("unexpected")
            await asyncio.sleep(0.05)
            return REFUSED

    world.wechat = FailsFirst()
    with pytest.raises(RuntimeError, match="unexpected"):
        world.sends(world.process(), [ada, *others])
    claims = [permit.claim for openid in others for permit in world.store.read(openid).permits]
    assert [claim and claim.invalidated_by for claim in claims] == [43101] * 2 * ACCEPTS


def test_a_mass_in_one_request_costs_no_permit() -> None:
    world = World(BurstWeChat(takes=20))
    users = world.users(100)
    outcomes = world.sends(world.process(), users)
    assert reasons(outcomes) == {None: 20, Reason.WECHAT_UNAVAILABLE: 80}
    assert {(o.errcode, o.errmsg) for o in outcomes if o.reason} == {(43101, REFUSED.errmsg)}
    assert world.live(users) == 20 + 80 * ACCEPTS
    assert [outcome.openid for outcome in outcomes] == users
    assert world.waits == []


def test_a_mass_of_single_requests_to_as_many_processes_costs_no_permit() -> None:
    world = World(BurstWeChat(takes=20))
    users = world.users(100)
    world.waits_for(80)

    async def at_once() -> list[list[Outcome]]:
        return await asyncio.gather(*(world.send(world.process(), [user]) for user in users))

    outcomes = [outcome for [outcome] in asyncio.run(at_once())]
    assert reasons(outcomes) == {None: 20, Reason.WECHAT_UNAVAILABLE: 80}
    assert world.live(users) == 20 + 80 * ACCEPTS


def test_the_first_of_a_mass_waits_for_the_others() -> None:
    world = World()
    [first] = world.users(1)

    async def others_come() -> None:
        world.counts.add(11, 11, world.now)

    world.meanwhile = others_come
    [outcome] = world.sends(world.process(), [first])
    assert outcome.reason is Reason.WECHAT_UNAVAILABLE
    assert world.waits == [0.5]


def test_a_mass_one_after_the_other_in_one_process_is_doubted_from_its_twelfth_refusal_on() -> None:
    world = World()
    process = world.process()
    outcomes = [world.sends(process, [user])[0] for user in world.users(20)]
    assert reasons(outcomes) == {Reason.REFUSED: 11, Reason.WECHAT_UNAVAILABLE: 9}


def test_a_true_mass_is_believed_once_it_still_holds_after_the_rest() -> None:
    world = World()
    users = world.users(15)
    assert reasons(world.sends(world.process(), users)) == {Reason.WECHAT_UNAVAILABLE: 15}
    world.now += 1000 * REST_SECONDS
    assert reasons(world.sends(world.process(), users)) == {Reason.REFUSED: 15}
    assert world.live(users) == 0


def test_a_true_mass_of_single_requests_is_believed_after_the_rest() -> None:
    world = World()
    users = world.users(15)
    world.waits_for(15)

    async def at_once() -> list[list[Outcome]]:
        return await asyncio.gather(*(world.send(world.process(), [user]) for user in users))

    asyncio.run(at_once())
    world.now += 1000 * REST_SECONDS
    assert reasons([outcome for [outcome] in asyncio.run(at_once())]) == {Reason.REFUSED: 15}
    assert world.live(users) == 0


def test_before_the_rest_is_over_a_mass_costs_no_permit() -> None:
    world = World()
    users = world.users(15)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS - 1
    assert reasons(world.sends(world.process(), users)) == {Reason.WECHAT_UNAVAILABLE: 15}
    assert world.live(users) == 15 * ACCEPTS


def test_a_few_messages_of_a_large_mass_are_sent_again_and_stand_for_all() -> None:
    world = World()
    users = world.users(100)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS
    assert reasons(world.sends(world.process(), users)) == {Reason.REFUSED: 100}
    assert world.slow_slots.given == SAMPLE


def test_a_burst_that_meets_the_same_false_mass_again_costs_no_permit() -> None:
    world = World()
    users = world.users(100)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS
    world.wechat = BurstWeChat(lies=range(20, 100))
    outcomes = world.sends(world.process(), users)
    assert reasons(outcomes) == {None: 20 + SAMPLE, Reason.WECHAT_UNAVAILABLE: 80 - SAMPLE}
    assert world.live(users) == 100 * ACCEPTS - 20 - SAMPLE


def test_users_who_are_refused_for_the_first_time_are_not_believed_with_the_others() -> None:
    world = World()
    users = world.users(15)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS
    new = world.users(3)
    outcomes = world.sends(world.process(), users + new)
    assert reasons(outcomes) == {Reason.REFUSED: 15, Reason.WECHAT_UNAVAILABLE: 3}
    assert world.live(new) == 3 * ACCEPTS


def test_without_time_for_a_second_check_no_permit_is_lost() -> None:
    world = World(slow_slots=FreeSlots(most=0))
    users = world.users(15)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS
    assert reasons(world.sends(world.process(), users)) == {Reason.WECHAT_UNAVAILABLE: 15}
    assert world.live(users) == 15 * ACCEPTS


def test_a_lost_answer_at_the_second_check_is_an_unknown_outcome() -> None:
    world = World()
    users = world.users(15)
    world.sends(world.process(), users)
    world.now += 1000 * REST_SECONDS
    world.wechat = BurstWeChat(lies=range(15), otherwise=SendResult(verdict=Verdict.UNKNOWN))
    outcomes = world.sends(world.process(), users)
    assert Counter(outcome.status for outcome in outcomes) == {Status.UNKNOWN: SAMPLE, Status.FAILED: 5}


def test_an_error_at_one_users_permit_leaves_no_other_users_permits_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    ada, *others = world.users(15)
    give_back = MemoryStore.give_back

    async def fails_for_ada(store: MemoryStore, openid: str, permit: Permit, holder: str) -> None:
        if openid == ada:
            raise RuntimeError("unexpected")
        await asyncio.sleep(0)
        await give_back(store, openid, permit, holder)

    monkeypatch.setattr(MemoryStore, "give_back", fails_for_ada)
    with pytest.raises(RuntimeError, match="unexpected"):
        world.sends(world.process(), [ada, *others])
    assert world.live(others) == 14 * ACCEPTS


def test_a_few_refusals_among_many_messages_are_no_mass() -> None:
    world = World()
    world.counts.add(5, 100, world.now)
    world.counts.add(9, 100, world.now)
    [outcome] = world.sends(world.process(), world.users(1))
    assert outcome.reason is Reason.REFUSED


def test_a_mass_is_forgotten_after_some_seconds() -> None:
    world = World()
    world.sends(world.process(), world.users(20))
    world.now += 20_000
    [outcome] = world.sends(world.process(), world.users(1))
    assert outcome.reason is Reason.REFUSED


def test_messages_of_long_before_do_not_hide_a_mass() -> None:
    world = World(BurstWeChat(takes=300))
    process = world.process()
    for _ in range(3):
        world.sends(process, world.users(100))
    world.now += 60_000
    assert reasons(world.sends(process, world.users(20))) == {Reason.WECHAT_UNAVAILABLE: 20}


def test_refusals_as_many_as_usual_are_no_mass() -> None:
    world = World(BurstWeChat(takes=60))
    process = world.process()
    world.sends(process, world.users(100))
    world.now += 60_000
    world.wechat.takes += 100
    outcomes = world.sends(process, world.users(100))
    assert reasons(outcomes) == {None: 60, Reason.REFUSED: 40}


def test_where_nothing_is_refused_the_counts_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(BurstWeChat(takes=100))
    for name in ("add", "read"):
        monkeypatch.setattr(MemoryRefusalCounts, name, lambda *_: pytest.fail("asked"))
    assert reasons(world.sends(world.process(), world.users(100))) == {None: 100}


@pytest.mark.parametrize(("count", "reason"), [(1, Reason.REFUSED), (50, Reason.WECHAT_UNAVAILABLE)])
def test_without_the_store_a_process_goes_by_its_own_refusals(
    monkeypatch: pytest.MonkeyPatch, count: int, reason: Reason
) -> None:
    def broken(*_: object) -> RefusalCount:
        raise StoreError("gone")

    world = World()
    monkeypatch.setattr(MemoryRefusalCounts, "add", broken)
    assert reasons(world.sends(world.process(), world.users(count))) == {reason: count}
