"""When a permit is claimed, and when it is given back: a process that dies leaves in doubt only whom it called."""

from typing import Any

import pytest
from support.delivery_case import OPENID, SUBSCRIBE, TRIES, Case, claimed, give
from support.memory import identity
from support.simulated_wechat import KilledError

from minipush.application.ports.channel import About, Retry, SendResult, Verdict
from minipush.domain.messages import Fault, Message, Outcome, Reason, Status
from minipush.domain.permits import LIFE_MS, Claim
from minipush.errors import StoreError

PERMITS = ["form", "pay", "once", "long"]


@pytest.fixture
def case() -> Case:
    return Case()


class WithoutToken:
    """A channel that has a token only after `prepare`. `refusals`: what comes of the first tries to get one."""

    def __init__(self, case: Case, *refusals: SendResult | BaseException) -> None:
        self._case = case
        self._refusals = list(refusals)
        self._has_token = False
        self.claimed_meanwhile = 0

    def is_ready(self, message: Message) -> bool:
        return self._has_token

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:
        self.claimed_meanwhile += claimed(self._case)
        refusal = self._refusals.pop(0) if self._refusals else None
        if isinstance(refusal, BaseException):
            raise refusal
        self._has_token = refusal is None
        return refusal

    async def send(self, *args: Any) -> SendResult:
        return await self._case.sky.channel.send(*args)


def no_token(about: About, retry: Retry) -> SendResult:
    reason = Reason.WECHAT_UNAVAILABLE
    return SendResult(verdict=Verdict.REJECTED, about=about, reason=reason, retry=retry, reached=False)


BUSY = no_token(About.PROVIDER, Retry.BACK_OFF)
NOT_ALLOWED = no_token(About.ACCOUNT, Retry.NEVER)


@pytest.mark.parametrize("kind", PERMITS)
def test_the_token_is_in_hand_before_a_permit_is_claimed(case: Case, kind: str) -> None:
    message = give(case, kind)
    case.channel = channel = WithoutToken(case, BUSY, BUSY)
    assert case.deliver(message=message).status is Status.SENT
    assert channel.claimed_meanwhile == 0


@pytest.mark.parametrize("kind", PERMITS)
def test_a_process_that_dies_over_the_token_leaves_nobody_in_doubt(case: Case, kind: str) -> None:
    message = give(case, kind)
    case.channel = WithoutToken(case, BUSY, KilledError())
    with pytest.raises(KilledError):
        case.deliver(message=message)
    assert claimed(case) == 0
    case.channel = case.sky.channel
    assert case.deliver(message=message).status is Status.SENT


@pytest.mark.parametrize(
    ("refusals", "fault"), [([BUSY] * TRIES, Fault.TRANSIENT), ([NOT_ALLOWED], Fault.ACCOUNT)]
)
def test_without_a_token_nothing_is_sent_or_claimed(
    case: Case, refusals: list[SendResult], fault: Fault
) -> None:
    case.tap("a")
    case.channel = WithoutToken(case, *refusals)
    outcome = case.deliver()
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.WECHAT_UNAVAILABLE)
    assert (outcome.fault, case.live, case.taken) == (fault, ["a"], [])


def test_a_token_that_is_gone_after_the_wait_for_a_slot_is_fetched_before_the_claim(case: Case) -> None:
    case.tap("a")
    case.channel = channel = WithoutToken(case)
    acquire = case.slots.acquire

    async def lose_the_token(*args: Any, **named: Any) -> bool:
        if case.slots.given == 0:
            channel._has_token = False
        return await acquire(*args, **named)

    case.slots.acquire = lose_the_token  # type: ignore[method-assign]
    assert case.deliver().status is Status.SENT
    assert (case.slots.given, channel.claimed_meanwhile) == (1, 0)


def test_a_channel_that_is_never_ready_is_asked_some_times_and_then_used_all_the_same(case: Case) -> None:
    """A token may be refused or end as soon as it has come."""
    case.tap("a")
    case.channel = channel = WithoutToken(case)
    channel.is_ready = lambda _: False  # type: ignore[method-assign, assignment]
    assert case.deliver().status is Status.SENT


BACKS_OFF = [
    (kind, word) for kind in PERMITS for word in ("busy", "unreached") if (kind, word) != ("form", "busy")
]


@pytest.mark.parametrize(("kind", "word"), [*BACKS_OFF, ("once", "at_once"), ("long", "at_once")])
def test_a_permit_is_not_claimed_while_it_waits_for_its_next_try(case: Case, kind: str, word: str) -> None:
    message = give(case, kind)
    held: list[int] = []
    case.in_pause = lambda: held.append(claimed(case))
    assert case.deliver(word, word, message=message).status is Status.SENT
    assert (held, len(case.taken)) == ([0, 0], 1)


@pytest.mark.parametrize(("kind", "word"), [*BACKS_OFF, ("form", "busy"), ("once", "at_once")])
def test_a_process_that_dies_in_a_pause_leaves_nobody_in_doubt(case: Case, kind: str, word: str) -> None:
    message = give(case, kind)

    def die() -> None:
        raise KilledError

    case.in_pause = die
    with pytest.raises(KilledError):
        case.deliver(word, message=message)
    case.in_pause = lambda: None
    assert case.deliver(message=message).status is Status.SENT
    assert len(case.taken) == 1


def test_a_formid_that_may_have_arrived_stays_claimed_in_the_pause(case: Case) -> None:
    """WeChat said that it is busy and took the message all the same: only the same formId shows that."""
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")

    def die() -> None:
        raise KilledError

    case.in_pause = die
    with pytest.raises(KilledError):
        case.deliver("busy_after")
    assert claimed(case) == 1
    assert case.deliver().status is Status.SENT
    assert (case.taken, case.live) == (["a"], ["b"])


def spend_elsewhere(case: Case) -> None:
    """Another delivery claims the user's first permit."""
    case.in_pause = lambda: None
    (first, *_) = case.store.read(OPENID).live(case.milliseconds())
    case.store.permits[OPENID][identity(first)] = first._replace(
        claim=Claim("another/x", case.milliseconds())
    )


def test_a_permit_that_another_delivery_took_in_the_pause_is_replaced_by_the_next(case: Case) -> None:
    case.pay("p")
    case.in_pause = lambda: spend_elsewhere(case)
    assert case.deliver("busy").status is Status.SENT
    assert len(case.live) == 1


def test_when_the_last_permit_is_taken_in_the_pause_the_user_has_none(case: Case) -> None:
    case.accept("o")
    case.in_pause = lambda: spend_elsewhere(case)
    assert case.deliver("busy", message=SUBSCRIBE) == Outcome(OPENID, Status.SKIPPED, Reason.NO_PERMIT)
    assert case.taken == []


def test_a_subscription_that_was_withdrawn_in_the_pause_is_not_used(case: Case) -> None:
    case.accept("o")
    case.in_pause = lambda: case.store.withdraw(OPENID, {"T1"}, case.milliseconds())
    assert case.deliver("busy", message=SUBSCRIBE).reason is Reason.NO_PERMIT
    assert (case.taken, case.live) == ([], [])


@pytest.mark.parametrize("kind", ["pay", "once", "long"])
def test_a_permit_that_could_not_be_given_back_in_a_pause_is_given_back_at_the_end(
    case: Case, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    message, give_back = give(case, kind), case.store.give_back
    failures = [StoreError("throttled")]

    async def failing(*args: Any) -> None:
        if failures:
            raise failures.pop()
        await give_back(*args)

    def stop() -> None:
        case.slots.most = 0

    monkeypatch.setattr(case.store, "give_back", failing)
    case.in_pause = stop
    assert case.deliver("busy", message=message).status is Status.FAILED
    assert (failures, claimed(case)) == ([], 0)
