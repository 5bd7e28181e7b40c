"""WeChat refuses the token of a call: the permit is given back, and the message is sent again with another token."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from support.delivery_case import AT_LEAST_ONCE, Case, claimed, give
from support.simulated_wechat import KilledError

from minipush.application.ports.channel import About, Retry, SendResult, Verdict
from minipush.domain.messages import Fault, Message, Reason, Status
from minipush.domain.permits import LIFE_MS, Permit
from minipush.errors import StoreError

PERMITS = ["form", "pay", "once", "long"]
RID = "617682e0-09059ac5-34a8e2ea"


class Watched:
    """The channel, and how many permits are claimed while a token is fetched.

    `failures`: what comes of the first tries to replace a token, instead of another token.
    """

    def __init__(self, case: Case) -> None:
        self._case = case
        self._channel = case.sky.channel
        self.claimed: list[int] = []
        self.failures: list[SendResult | BaseException] = []

    def is_ready(self, message: Message) -> bool:
        return self._channel.is_ready(message)

    async def prepare(self, message: Message, timeout: float) -> SendResult | None:
        self.claimed.append(claimed(self._case))
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, BaseException):
            raise failure
        return failure or await self._channel.prepare(message, timeout)

    async def send(self, *args: Any) -> SendResult:
        return await self._channel.send(*args)


@pytest.fixture
def case() -> Case:
    """WeChat gave the token a minute ago, so it gives another one."""
    case = Case()
    assert asyncio.run(case.sky.wechat_sender.fetch_token(5)) is None
    case.now += 60
    return case


@pytest.fixture
def channel(case: Case) -> Watched:
    channel = case.channel = Watched(case)
    return channel


def no_token(about: About, retry: Retry) -> SendResult:
    reason = Reason.WECHAT_UNAVAILABLE
    return SendResult(verdict=Verdict.REJECTED, about=about, reason=reason, retry=retry, reached=False)


@pytest.mark.parametrize("kind", PERMITS)
def test_no_permit_is_claimed_while_the_token_is_replaced(case: Case, channel: Watched, kind: str) -> None:
    message = give(case, kind)
    assert case.deliver("stale", message=message).status is Status.SENT
    assert (channel.claimed, len(case.taken), case.pauses) == ([0], 1, [])


@pytest.mark.parametrize("kind", PERMITS)
def test_a_process_that_dies_meanwhile_leaves_nobody_in_doubt(
    case: Case, channel: Watched, kind: str
) -> None:
    message = give(case, kind)
    channel.failures = [KilledError()]
    with pytest.raises(KilledError):
        case.deliver("stale", message=message)
    assert claimed(case) == 0
    assert case.deliver(message=message).status is Status.SENT
    assert len(case.taken) == 1


def test_a_formid_that_may_have_arrived_stays_claimed(case: Case, channel: Watched) -> None:
    case.tap("a", expires_in=LIFE_MS - 1)
    case.tap("b")
    assert case.deliver("lost_after", "stale").status is Status.SENT
    assert (channel.claimed, case.taken, case.live) == ([1], ["a"], ["b"])


def test_a_refused_token_is_no_try(case: Case, channel: Watched) -> None:
    case.pay("p")
    assert case.deliver("stale", "busy", "busy", "busy").status is Status.SENT
    assert (channel.claimed, len(case.pauses)) == ([0], 3)


def test_a_second_refused_token_in_a_row_concerns_the_account(case: Case, channel: Watched) -> None:
    case.pay("p")
    outcome = case.deliver("stale", "stale")
    assert (outcome.status, outcome.reason, outcome.fault) == (
        Status.FAILED,
        Reason.WECHAT_UNAVAILABLE,
        Fault.ACCOUNT,
    )
    assert (outcome.errcode, outcome.rid) == (42001, RID)
    assert (case.live, case.taken, case.pauses) == (["p"] * 3, [], [])


def test_another_answer_in_between_begins_anew(case: Case, channel: Watched) -> None:
    case.pay("p")

    def wait() -> None:
        case.now += 60  # WeChat gives another token again

    case.in_pause = wait
    assert case.deliver("stale", "busy", "stale").status is Status.SENT
    assert len(channel.claimed) == 2


@pytest.mark.parametrize(
    ("about", "retry", "fault"),
    [
        (About.PROVIDER, Retry.BACK_OFF, Fault.TRANSIENT),
        (About.ACCOUNT, Retry.NEVER, Fault.ACCOUNT),
    ],
)
def test_if_no_other_token_comes_the_outcome_has_what_wechat_said(
    case: Case, channel: Watched, about: About, retry: Retry, fault: Fault
) -> None:
    case.pay("p")
    channel.failures = [no_token(about, retry)]
    case.retry_policy = replace(case.retry_policy, tries=1)
    outcome = case.deliver("stale")
    assert (outcome.status, outcome.reason, outcome.fault) == (
        Status.FAILED,
        Reason.WECHAT_UNAVAILABLE,
        fault,
    )
    assert (outcome.errcode, outcome.rid, case.live) == (42001, RID, ["p"] * 3)
    assert outcome.errmsg
    assert outcome.errmsg.startswith("access_token expired")


def test_a_give_back_whose_answer_is_lost_does_not_stop_the_delivery(case: Case, channel: Watched) -> None:
    case.pay("p")
    give_back = case.store.give_back

    async def lose_the_answer(openid: str, permit: Permit, holder: str) -> None:
        await give_back(openid, permit, holder)
        raise StoreError("the answer was lost")

    case.store.give_back = lose_the_answer  # type: ignore[method-assign]
    assert case.deliver("stale").status is Status.SENT
    assert len(case.taken) == 1


def test_a_token_that_is_refused_during_the_claim_is_replaced_before_the_call(
    case: Case, channel: Watched
) -> None:
    case.pay("p")
    claim = case.store.claim
    sender = case.sky.wechat_sender

    async def claim_slowly(*args: Any, **named: Any) -> Any:
        result = await claim(*args, **named)
        if not channel.claimed:
            sender._rejected = sender._tokens.fresh()
        return result

    case.store.claim = claim_slowly  # type: ignore[method-assign]
    assert case.deliver().status is Status.SENT
    assert (channel.claimed, len(case.taken)) == ([0], 1)


def test_a_message_that_may_be_sent_twice_is_sent_again_after_a_refused_token(
    case: Case, channel: Watched
) -> None:
    case.accept("o")
    case.accept("p")
    assert case.deliver("lost_before", "stale", message=AT_LEAST_ONCE).status is Status.SENT
    assert len(case.taken) == 1
