"""Deliveries in doubt, and what WeChat says of them before they are reported as unknown."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from support.memory import MemoryStore
from support.rate_gate import FreeSlots
from support.simulated_wechat import KilledError, SimulatedWeChat

from minipush.application.delivery.deliver import Deliver
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.application.delivery.report_unknown import report_unknown
from minipush.application.delivery.retry_policy import RetryPolicy
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.messages import Message, Outcome, Status
from minipush.domain.permit_kinds import pay_permits
from minipush.domain.permits import Claim, Permit
from minipush.errors import DeliveryInDoubtError, StoreError

NOW = 1_800_000_000_000
ONCE = Permit(permit_kinds.ONCE, "1", template_id="T1")
LONG = Permit(permit_kinds.LONG, "", template_id="T1")
SUBSCRIBE = Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "你好"}})


@dataclass
class Ada:
    """A user with one accept."""

    permit: Permit = ONCE
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.wechat = SimulatedWeChat(lambda: NOW / 1000)
        self.wechat.wechat.users.add("ada")
        self.wechat.wechat.sends.subscriptions.accept("ada", "T1", 5)
        self.store.add("ada", [self.permit])

    def deliver(
        self, *faults: str, message: Message = SUBSCRIBE, id_: str = "c-1", seconds: float = 60
    ) -> Outcome:
        self.wechat.plan_faults(faults)
        dependencies = DeliveryDependencies(
            ledger=self.store,
            channel=self.wechat.channel,
            rate_gate=FreeSlots(),
            clock=lambda: NOW,
            retry_policy=RetryPolicy(tries=2, first_pause=0.001 if seconds > 1 else 10),
        )
        delivery = Delivery(id_, uuid.uuid4().hex[:8], message, time.monotonic() + seconds)
        return asyncio.run(Deliver(dependencies)(self.store.read("ada"), delivery))

    def dies(self, word: str) -> None:
        with pytest.raises(KilledError):
            self.deliver(word)

    def arrives(self) -> None:
        assert self.store.mark_confirmed("ada", self.claimed, "7")

    @property
    def claimed(self) -> Permit:
        return self.store.read("ada").claimed_for("c-1")[0]

    @property
    def claim(self) -> Claim:
        assert self.claimed.claim
        return self.claimed.claim


@pytest.mark.parametrize("permit", [ONCE, LONG], ids=lambda permit: permit.kind.name)
@pytest.mark.parametrize("on_unknown", [None, "retry"])
def test_what_arrived_before_the_process_died_is_sent(permit: Permit, on_unknown: Any) -> None:
    ada = Ada(permit)
    ada.dies("killed_after")
    ada.arrives()
    outcome = ada.deliver(message=replace(SUBSCRIBE, on_unknown=on_unknown))
    assert (outcome.status, outcome.msgid) == (Status.SENT, 7)
    assert len(ada.wechat.wechat.ledger.messages) == 1


def test_what_could_not_be_delivered_was_sent() -> None:
    ada = Ada()
    ada.dies("killed_after")
    ada.store.mark_delivery_failed("ada", ada.claimed, "7", 5, NOW)
    assert ada.deliver().status is Status.SENT


def test_what_wechat_never_saw_is_unknown_and_its_claim_says_so() -> None:
    ada = Ada()
    ada.dies("killed_before")
    assert ada.deliver().status is Status.UNKNOWN
    assert ada.claim.is_in_doubt


def test_a_lost_answer_is_unknown_and_its_claim_says_so() -> None:
    ada = Ada()
    assert ada.deliver("lost_after").status is Status.UNKNOWN
    assert ada.claim.is_in_doubt


def test_what_the_next_worker_sends_again_is_not_reported_yet() -> None:
    """Else an event would correct a report in which the message is never unknown."""
    ada = Ada()
    message = replace(SUBSCRIBE, on_unknown="retry")
    outcome = ada.deliver("lost_after", message=message, seconds=1)
    assert (outcome.status, ada.claim.is_reported_unknown) == (Status.UNKNOWN, False)
    ada.arrives()
    outcome = ada.deliver(message=message)
    assert (outcome.status, outcome.msgid) == (Status.SENT, 7)
    assert len(ada.wechat.wechat.ledger.messages) == 1


def test_a_direct_send_that_ran_out_of_time_is_in_doubt() -> None:
    ada = Ada()
    message = replace(SUBSCRIBE, on_unknown="retry")
    assert ada.deliver("lost_after", message=message, id_="work-1", seconds=1).status is Status.UNKNOWN
    [claimed] = ada.store.read("ada").claimed_for("work-1")
    assert claimed.claim
    assert claimed.claim.is_in_doubt


def test_an_event_while_the_answer_is_awaited_makes_it_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = Ada()
    report = MemoryStore.report_unknown

    async def after_the_event(store: MemoryStore, *asked: Any) -> str | None:
        ada.arrives()
        return await report(store, *asked)

    monkeypatch.setattr(MemoryStore, "report_unknown", after_the_event)
    assert ada.deliver("lost_after").status is Status.SENT


def test_what_was_reported_as_unknown_and_arrived_since_stays_unknown_in_the_report() -> None:
    """The campaign is corrected for it."""
    ada = Ada()
    ada.deliver("lost_after")
    ada.arrives()
    assert ada.deliver().status is Status.UNKNOWN


def test_an_unknown_outcome_is_in_doubt_while_its_claim_cannot_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: Any) -> str | None:
        raise StoreError("gone")

    ada = Ada()
    monkeypatch.setattr(MemoryStore, "report_unknown", broken)
    with pytest.raises(DeliveryInDoubtError):
        ada.deliver("lost_after")


@pytest.mark.parametrize(("kind", "sends"), [("form", 1), ("pay", 3)])
def test_the_claim_on_a_form_id_or_a_prepay_id_says_that_the_outcome_is_unknown(
    kind: Literal["form", "pay"], sends: int
) -> None:
    """No event settles it. Whoever looks at the user sees what the sender was told."""
    ada = Ada()
    ada.wechat.wechat.sends.forms.give("p", "ada", kind)
    ada.store.add("ada", pay_permits("p", NOW) if sends > 1 else [Permit(permit_kinds.FORM, "p", NOW + 1)])
    message = Message(TEMPLATE_MESSAGE, "T1", data={"keyword1": {"value": "你好"}})
    assert ada.deliver(*3 * ["lost_after"], message=message, id_="a-request").status is Status.UNKNOWN
    [claim] = [permit.claim for permit in ada.store.read("ada").permits if permit.claim]
    assert claim.is_in_doubt


def test_a_failure_of_the_official_account_before_the_report_settles_the_doubt() -> None:
    """As for subscriptions: WeChat names the message, so it had accepted it. A correction makes it a failure."""
    marker = Permit(permit_kinds.FOLLOW, "", claim=Claim("c-1/w1", NOW, failed_msgid="7"))
    unknown = Outcome("ada", Status.UNKNOWN, permit_kind=permit_kinds.FOLLOW)
    reported = asyncio.run(report_unknown(MemoryStore(), marker, "c-1/w1", unknown))
    assert (reported.status, reported.msgid) == (Status.SENT, 7)
