"""How many users may be in doubt before it is known whether the provider answers."""

import asyncio
import time

import pytest

from minipush.application.delivery.doubt_limit import LOST, OUTAGE, SILENCE, DoubtLimit
from minipush.application.ports.channel import About, SendResult, Verdict
from minipush.domain.messages import Reason

MOST = 20
ANSWER = SendResult(verdict=Verdict.ACCEPTED)
LOST_ANSWER = SendResult(verdict=Verdict.UNKNOWN)
UNREACHED = SendResult(
    verdict=Verdict.REJECTED, about=About.PROVIDER, reason=Reason.WECHAT_UNAVAILABLE, reached=False
)


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def limit(clock: Clock) -> DoubtLimit:
    return DoubtLimit(MOST)


def begin(limit: DoubtLimit, count: int) -> None:
    for _ in range(count):
        assert not limit.is_reached()
        limit.begin()


def test_before_the_first_answer_only_so_many_begin(limit: DoubtLimit) -> None:
    begin(limit, MOST)
    assert limit.is_reached()
    limit.observe(UNREACHED)
    assert limit.is_reached()
    limit.observe(ANSWER)
    begin(limit, 10 * MOST)


def test_a_silent_provider_gets_no_more(limit: DoubtLimit, clock: Clock) -> None:
    limit.observe(ANSWER)
    begin(limit, 2 * MOST)
    clock.now += 2 * SILENCE
    assert limit.is_reached()
    limit.observe(ANSWER)
    assert not limit.is_reached()


def test_lost_answers_count_for_as_long_as_no_other_comes(limit: DoubtLimit) -> None:
    limit.observe(ANSWER)
    begin(limit, MOST - LOST + 1)
    for _ in range(LOST):
        assert not limit.is_reached()
        limit.observe(LOST_ANSWER)
    assert limit.is_reached()
    limit.observe(ANSWER)
    assert not limit.is_reached()


def test_a_few_lost_answers_hold_up_nobody(limit: DoubtLimit) -> None:
    limit.observe(ANSWER)
    begin(limit, 5 * MOST)
    for _ in range(LOST - 1):
        limit.observe(LOST_ANSWER)
    assert not limit.is_reached()


def test_one_may_find_out_whether_the_outage_is_over(limit: DoubtLimit) -> None:
    begin(limit, MOST)
    for _ in range(MOST):
        limit.observe(LOST_ANSWER)
        limit.end()
    begin(limit, 1)
    assert limit.is_reached()


def test_many_lost_answers_in_a_row_are_an_outage(limit: DoubtLimit) -> None:
    for _ in range(OUTAGE):
        assert not limit.is_outage
        limit.observe(LOST_ANSWER)
    assert limit.is_outage
    limit.observe(ANSWER)
    assert not limit.is_outage


def test_without_a_number_there_is_no_limit(clock: Clock) -> None:
    begin(DoubtLimit(), 1000)


@pytest.mark.parametrize(("event", "may_begin"), [("answer", True), ("stop", False)])
def test_those_that_wait_go_on_with_the_next_answer_or_stop(event: str, may_begin: bool) -> None:
    async def wait() -> bool:
        limit, stopped = DoubtLimit(MOST), asyncio.Event()
        begin(limit, MOST)
        waiting = asyncio.create_task(limit.wait(stopped.is_set))
        await asyncio.sleep(0)
        if event == "answer":
            limit.observe(ANSWER)
        else:
            stopped.set()
        return await waiting

    assert asyncio.run(wait()) is may_begin
