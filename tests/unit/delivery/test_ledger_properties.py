"""Whatever order of collects, sends, faults, crashes, lost writes, expiries and sweeps: the ledger reconciles."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.at_once import NoThreads, no_pause
from support.memory import MemoryRefusalCounts, MemoryStore, MemoryTemplates
from support.rate_gate import FreeSlots
from support.sending import MemorySendingSwitch
from support.simulated_wechat import KilledError, SimulatedWeChat

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import DeliveryDependencies
from minipush.application.delivery.direct_refusal_guard import DirectRefusalGuard
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.application.delivery.second_check import SecondCheck
from minipush.application.delivery.send_messages import SendMessages
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.messages.check_fields import CheckFields
from minipush.application.permits.collect_permits import CollectPermits
from minipush.application.permits.sweep_expired import SweepExpired
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.messages import Message, MessageType, Outcome, Status
from minipush.domain.permits import (
    CLAIM_KEPT_MS,
    Permit,
    PermitKind,
)
from minipush.domain.reported_permits import (
    ReportedFormId,
    ReportedPermit,
    ReportedPrepayId,
    ReportedSubscription,
)
from minipush.errors import StoreError

USERS = ("ada", "bob")
USER = st.sampled_from(USERS)
DAY = 86_400
FAULTS = st.lists(
    st.sampled_from(
        [
            "calm",
            "busy",
            "http500",
            "http500_after",
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
    type: MessageType = TEMPLATE_MESSAGE
    outcomes: dict[str, Outcome] | None = field(default=None)
    shaken: bool = False


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(NoThreads(1))
        return runner.run(coroutine)


class ShakyLedger:
    """Loses some of the writes it is asked for, or only the answers to them."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.store_faults: Iterator[str] = iter(())

    async def claim(self, openid: str, permit: Permit, delivery: str, now: int) -> str | None:
        return await self._shaken(lambda: self._store.claim(openid, permit, delivery, now))

    async def take_over(self, openid: str, permit: Permit, holder: str) -> bool:
        return await self._shaken(lambda: self._store.take_over(openid, permit, holder))

    async def give_back(self, openid: str, permit: Permit, delivery: str) -> None:
        await self._shaken(lambda: self._store.give_back(openid, permit, delivery))

    async def report_unknown(self, openid: str, permit: Permit, holder: str) -> str | None:
        return await self._shaken(lambda: self._store.report_unknown(openid, permit, holder))

    async def invalidate(self, openid: str, permit: Permit, delivery: str, errcode: int) -> bool:
        return await self._shaken(lambda: self._store.invalidate(openid, permit, delivery, errcode))

    async def invalidate_all(
        self, openid: str, permits: list[Permit], holder: str, errcode: int, now: int
    ) -> None:
        await self._shaken(lambda: self._store.invalidate_all(openid, permits, holder, errcode, now))

    async def _shaken[T](self, write: Callable[[], Coroutine[Any, Any, T]]) -> T:
        tremor = next(self.store_faults, "still")
        if tremor == "lost":
            raise StoreError
        written = await write()
        if tremor == "answer lost":
            raise StoreError
        return written


STORE_FAULTS = st.lists(st.sampled_from(["still", "still", "lost", "answer lost"]), max_size=6)


class LedgerRun(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.now = 1_800_000_000.0
        self.sky = SimulatedWeChat(lambda: self.now)
        for openid in USERS:
            self.sky.wechat.users.add(openid)
        self.store = MemoryStore()
        self.numbers = itertools.count()
        self.given: dict[str, list[tuple[PermitKind, str]]] = {openid: [] for openid in USERS}
        self.collected = 0
        self.swept = 0
        self.withdrawn: dict[tuple[str, str], int] = {}
        self.sendings: list[Sending] = []
        self.ledger = ShakyLedger(self.store)
        retry_policy = RetryPolicy(tries=3, sleep=no_pause)
        dependencies = DeliveryDependencies(
            ledger=self.ledger,
            channel=self.sky.channel,
            rate_gate=FreeSlots(),
            clock=self.clock,
            retry_policy=retry_policy,
        )
        counts = MemoryRefusalCounts()
        second_check = SecondCheck(counts, Deliver(dependencies).send_again, self.clock)
        guard = DirectRefusalGuard(self.ledger, counts, self.clock, second_check, sleep=no_pause)
        deliver = Deliver(dependencies, guard.defer)
        self.send_messages = SendMessages(
            self.store, CheckFields(MemoryTemplates()), deliver, guard, SendingWatch(MemorySendingSwitch())
        )
        self.collect_permits = CollectPermits(self.store, self.clock, 8, MemoryTemplates())

    def clock(self) -> int:
        return int(self.now * 1000)

    # ---- what may happen

    @rule(
        openid=USER,
        kind=st.sampled_from([kind for kind in permit_kinds.PERMIT_KINDS if kind.is_collected]),
        real=st.booleans(),
        uploaded=st.booleans(),
    )
    def give(self, openid: str, kind: PermitKind, real: bool, uploaded: bool) -> None:
        """A permit, one that WeChat knows or one made up; handed over now or, perhaps, later."""
        id_ = f"{kind.name}-{next(self.numbers)}"
        if real:
            self.give_at_wechat(openid, kind, id_)
        self.given[openid].append((kind, id_))
        if uploaded:
            self.collect(openid, -1)

    def give_at_wechat(self, openid: str, kind: PermitKind, id_: str) -> None:
        sends = self.sky.wechat.sends
        if kind is permit_kinds.FORM:
            sends.forms.give(id_, openid, "form")
        elif kind is permit_kinds.PAY:
            sends.forms.give(id_, openid, "pay")
        elif kind is permit_kinds.ONCE:
            sends.subscriptions.accept(openid, "T1", 1)
        else:
            sends.subscriptions.accept_long_term(openid, "T1")

    @rule(openid=USER, which=st.integers(0, 50))
    def collect(self, openid: str, which: int) -> None:
        """Hand over what was given, perhaps again, perhaps after it was spent."""
        if not self.given[openid]:
            return
        kind, id_ = self.given[openid][which % len(self.given[openid])]
        before = len(self.entries())
        self.collect_permits(openid, [report_of(kind, id_)])
        self.collected += len(self.entries()) - before

    @rule(
        openids=st.lists(USER, min_size=1, max_size=3),
        type_=st.sampled_from([TEMPLATE_MESSAGE, SUBSCRIBE_MESSAGE]),
        faults=FAULTS,
        store_faults=STORE_FAULTS,
    )
    def send(
        self, openids: list[str], type_: MessageType, faults: list[str], store_faults: list[str]
    ) -> None:
        sending = Sending(f"d{len(self.sendings)}", openids, self.now, type_)
        self.sendings.append(sending)
        self.carry(sending, faults, store_faults)

    @precondition(lambda self: any(sending.outcomes is None for sending in self.sendings))
    @rule(faults=FAULTS, store_faults=STORE_FAULTS)
    def send_again_what_died(self, faults: list[str], store_faults: list[str]) -> None:
        sending = next(sending for sending in self.sendings if sending.outcomes is None)
        if self.now - sending.began < DAY:
            self.carry(sending, faults, store_faults)
        else:
            sending.outcomes = {}

    @rule(first=FAULTS, second=FAULTS)
    def send_two_at_once(self, first: list[str], second: list[str]) -> None:
        pair = [Sending(f"d{len(self.sendings) + n}", list(USERS), self.now) for n in range(2)]
        self.sendings += pair
        self.sky.plan_faults([*first, *second])
        self.ledger.store_faults = iter(())

        async def both() -> None:
            for sending, outcomes in zip(
                pair, await asyncio.gather(*map(self.delivering, pair)), strict=True
            ):
                sending.outcomes = outcomes

        with contextlib.suppress(KilledError):
            run(both())

    @rule(openid=USER)
    def withdraw(self, openid: str) -> None:
        """In WeChat's settings; WeChat tells us at once."""
        self.sky.wechat.sends.subscriptions.turn_off(openid, "T1")
        for permit in self.store.read(openid).permits:
            claimed_at = permit.claim.at if permit.claim else self.clock()
            if permit.kind is permit_kinds.ONCE:
                self.withdrawn[openid, permit.id] = claimed_at + CLAIM_KEPT_MS
        self.store.withdraw(openid, {"T1"}, self.clock())

    @rule(seconds=st.sampled_from([1, 3600, DAY - 1, DAY, 3 * DAY, 7 * DAY - 1]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def sweep(self) -> None:
        before = len(self.entries())
        SweepExpired(self.store, self.clock, grace_ms=0)(lambda: True)
        self.swept += before - len(self.entries())

    def entries(self) -> list[Permit]:
        """What can be used up: everything but long-term permits, and the marks of deliveries through them."""
        kept = [permit for mine in self.store.permits.values() for permit in mine.values()]
        return [permit for permit in kept if permit.kind is not permit_kinds.LONG]

    # ---- how it is done

    def carry(self, sending: Sending, faults: list[str], store_faults: list[str]) -> None:
        self.sky.plan_faults(faults)
        self.ledger.store_faults = iter(store_faults)
        sending.shaken |= bool({*store_faults} - {"still"})
        with contextlib.suppress(KilledError, StoreError):
            sending.outcomes = run(self.delivering(sending))

    async def delivering(self, sending: Sending) -> dict[str, Outcome]:
        message = Message(sending.type, "T1", data={"thing1": {"value": sending.id}})
        outcomes = await self.send_messages(sending.openids, message, sending.id, time.monotonic() + 60)
        return {outcome.openid: outcome for outcome in outcomes}

    def taken(self) -> Counter[tuple[str, str]]:
        """(delivery, openid) of what WeChat took."""
        messages = self.sky.wechat.ledger.messages
        return Counter((message.data["thing1"]["value"], message.openid) for message in messages)

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
    def an_accept_that_was_withdrawn_never_comes_back(self) -> None:
        """For as long as claims are kept."""
        now = self.clock()
        withdrawn = {accept for accept, until in self.withdrawn.items() if now < until}
        live = {(openid, permit.id) for openid in USERS for permit in self.store.read(openid).live(now)}
        assert not withdrawn & live

    @invariant()
    def collected_is_live_and_spent_and_expired_and_dead(self) -> None:
        now = self.clock()
        states = Counter(
            "dead"
            if p.claim and p.claim.invalidated_by
            else "spent"
            if p.claim
            else "live"
            if p.is_live(now)
            else "expired"
            for p in self.entries()
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
        """Where the ledger kept still; a give-back that it lost leaves the permit claimed."""
        done = {
            (sending.id, openid)
            for sending in self.sendings
            if not sending.shaken
            for openid, outcome in (sending.outcomes or {}).items()
            if outcome.status in (Status.FAILED, Status.SKIPPED)
        }
        held = {
            (permit.claim.delivery, openid)
            for openid, mine in self.store.permits.items()
            for permit in mine.values()
            if permit.claim and permit.claim.invalidated_by is None
        }
        assert not done & held


def report_of(kind: PermitKind, id_: str) -> ReportedPermit:
    match kind:
        case permit_kinds.FORM:
            return ReportedFormId(id_)
        case permit_kinds.PAY:
            return ReportedPrepayId(id_)
        case _:
            return ReportedSubscription(id_, "T1", "accept", kind is permit_kinds.LONG)


LedgerRun.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, derandomize=True
)
TestTheLedger = LedgerRun.TestCase
