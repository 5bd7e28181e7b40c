"""Whatever order of collects, sends, faults, crashes, expiries and sweeps: the books are right."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from fakes.memory import MemoryStore
from fakes.simulated import KilledError, Sky
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from minipush.domain.messages import Message, MessageType, Outcome, Status
from minipush.domain.permits import Kind, Permit, form_permits, pay_permits
from minipush.usecases.attempt import Patience
from minipush.usecases.collect_permits import CollectPermits
from minipush.usecases.deliver import Deliver
from minipush.usecases.send_messages import SendMessages
from minipush.usecases.sweep_expired import SweepExpired

USERS = ("ada", "bob")
USER = st.sampled_from(USERS)
DAY = 86_400
WEATHER = st.lists(
    st.sampled_from(
        [
            "calm",
            "busy",
            "http500",
            "unreached",
            "garbage",
            "lost_before",
            "lost_after",
            "refused",
            "killed_before",
            "killed_after",
        ]
    ),
    max_size=8,
)


@dataclass
class Sending:
    """One delivery: to whom, when it began, and what became of it (None: the process died)."""

    id: str
    openids: list[str]
    began: float
    outcomes: dict[str, Outcome] | None = field(default=None)


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


class NoThreads(ThreadPoolExecutor):
    """Does at once what is to be done in a thread, so that a run can be repeated."""

    def submit[**P, T](self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except Exception as error:  # the future's to raise
            future.set_exception(error)
        return future


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(NoThreads(1))
        return runner.run(coroutine)


class Books(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.now = 1_800_000_000.0
        self.sky = Sky(lambda: self.now)
        for openid in USERS:
            self.sky.wechat.users.add(openid)
        self.store = MemoryStore()
        self.numbers = itertools.count()
        self.given: dict[str, list[tuple[Kind, str]]] = {openid: [] for openid in USERS}
        self.collected = 0
        self.swept = 0
        self.sendings: list[Sending] = []
        deliver = Deliver(self.store, self.sky.messenger, self.clock, Patience(tries=3, sleep=no_pause))
        self.send_messages = SendMessages(self.store, deliver, self.clock)
        self.collect_permits = CollectPermits(self.store, self.clock, permits_per_user=8)

    def clock(self) -> int:
        return int(self.now * 1000)

    # ---- what may happen

    @rule(openid=USER, kind=st.sampled_from([Kind.FORM, Kind.PAY]), real=st.booleans())
    def give(self, openid: str, kind: Kind, real: bool) -> None:
        """A formId or prepay_id, in WeChat's books or made up."""
        id_ = f"{kind.value}-{next(self.numbers)}"
        if real:
            self.sky.wechat.sends.forms.give(id_, openid, "form" if kind is Kind.FORM else "pay")
        self.given[openid].append((kind, id_))
        self.collect(openid, -1)

    @rule(openid=USER, which=st.integers(0, 50))
    def collect(self, openid: str, which: int) -> None:
        """Hand over what was given, perhaps again, perhaps after it was spent."""
        if not self.given[openid]:
            return
        kind, id_ = self.given[openid][which % len(self.given[openid])]
        make = form_permits_of(id_) if kind is Kind.FORM else lambda now: pay_permits(id_, now)
        before = len(self.store.permits.get(openid, {}))
        self.collect_permits(openid, [("/0", make)])
        self.collected += len(self.store.permits.get(openid, {})) - before

    @rule(openids=st.lists(USER, min_size=1, max_size=3), weather=WEATHER)
    def send(self, openids: list[str], weather: list[str]) -> None:
        sending = Sending(f"d{len(self.sendings)}", openids, self.now)
        self.sendings.append(sending)
        self.carry(sending, weather)

    @precondition(lambda self: any(sending.outcomes is None for sending in self.sendings))
    @rule(weather=WEATHER)
    def send_again_what_died(self, weather: list[str]) -> None:
        sending = next(sending for sending in self.sendings if sending.outcomes is None)
        if self.now - sending.began < DAY:
            self.carry(sending, weather)
        else:
            sending.outcomes = {}

    @rule(first=WEATHER, second=WEATHER)
    def send_two_at_once(self, first: list[str], second: list[str]) -> None:
        pair = [Sending(f"d{len(self.sendings) + n}", list(USERS), self.now) for n in range(2)]
        self.sendings += pair
        self.sky.forecast([*first, *second])

        async def both() -> None:
            for sending, outcomes in zip(
                pair, await asyncio.gather(*map(self.delivering, pair)), strict=True
            ):
                sending.outcomes = outcomes

        with contextlib.suppress(KilledError):
            run(both())

    @rule(seconds=st.sampled_from([1, 3600, DAY, 3 * DAY, 7 * DAY]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def sweep(self) -> None:
        self.swept += SweepExpired(self.store, self.clock, grace_ms=0)(lambda: True).removed

    # ---- how it is done

    def carry(self, sending: Sending, weather: list[str]) -> None:
        self.sky.forecast(weather)
        with contextlib.suppress(KilledError):
            sending.outcomes = run(self.delivering(sending))

    async def delivering(self, sending: Sending) -> dict[str, Outcome]:
        message = Message(MessageType.TEMPLATE, "T1", data={"keyword1": {"value": sending.id}})
        outcomes = await self.send_messages(sending.openids, message, sending.id, time.monotonic() + 60)
        return {outcome.openid: outcome for outcome in outcomes}

    def taken(self) -> Counter[tuple[str, str]]:
        """(delivery, openid) of what WeChat took."""
        messages = self.sky.wechat.ledger.messages
        return Counter((message.data["keyword1"]["value"], message.openid) for message in messages)

    # ---- what always holds

    @invariant()
    def nobody_gets_a_delivery_twice(self) -> None:
        assert all(times == 1 for times in self.taken().values())

    @invariant()
    def no_formid_goes_into_two_deliveries(self) -> None:
        messages = self.sky.wechat.ledger.messages
        forms = Counter(message.form_id for message in messages if message.permit == "form")
        assert all(times == 1 for times in forms.values())

    @invariant()
    def collected_is_live_and_spent_and_expired_and_dead(self) -> None:
        now = self.clock()
        states = Counter(
            "dead"
            if p.claim and p.claim.dead
            else "spent"
            if p.claim
            else "live"
            if p.is_live(now)
            else "expired"
            for mine in self.store.permits.values()
            for p in mine.values()
        )
        assert self.collected == states.total() + self.swept

    @invariant()
    def an_outcome_is_what_happened(self) -> None:
        taken = self.taken()
        for sending in self.sendings:
            for openid, outcome in (sending.outcomes or {}).items():
                if outcome.status is not Status.UNKNOWN:
                    assert taken[sending.id, openid] == (outcome.status is Status.SENT)

    @invariant()
    def what_was_not_sent_holds_no_permit(self) -> None:
        done = {
            (sending.id, openid)
            for sending in self.sendings
            for openid, outcome in (sending.outcomes or {}).items()
            if outcome.status in (Status.FAILED, Status.SKIPPED)
        }
        held = {
            (permit.claim.delivery, openid)
            for openid, mine in self.store.permits.items()
            for permit in mine.values()
            if permit.claim and permit.claim.dead is None
        }
        assert not done & held


def form_permits_of(id_: str) -> Callable[[int], list[Permit]]:
    return lambda now: form_permits(id_, None, now)


Books.TestCase.settings = settings(max_examples=300, stateful_step_count=40, deadline=None, derandomize=True)
TestTheBooks = Books.TestCase
