"""How a worker slows down when WeChat is busy, and recovers. All in simulated seconds."""

import math
from collections import Counter, deque
from collections.abc import Iterator

import pytest

from minipush.application.delivery.adaptive_throttle import HOLD, AdaptiveThrottle
from minipush.application.ports.channel import SendResult
from minipush.channels.wechat_results import send_result
from minipush.wechat.errcodes import Reaction, code_of
from minipush.wechat.sender import Reply, Taken

OK = send_result(Reply(Taken.YES, Reaction.OK, errcode=0), {})


def result(errcode: int) -> SendResult:
    code = code_of(errcode)
    return send_result(Reply(Taken.NO, code.reaction, code.reason, errcode), {})


BUSY = result(-1)
MINUTES_LIMIT = result(45011)
UNREACHED = send_result(Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", reached=False), {})


def after_calls(per_second: int, seconds: int = 3) -> AdaptiveThrottle:
    """At `seconds`, having called at that rate."""
    slow = AdaptiveThrottle(0)
    for call in range(per_second * seconds):
        slow.sent((call + 1) / per_second)
    return slow


def troubled(
    slow: AdaptiveThrottle, now: float, answer: SendResult = BUSY, times: int = 30
) -> AdaptiveThrottle:
    for _ in range(times):
        slow.observe(answer, now)
    return slow


def test_a_busy_wechat_halves_the_rate_of_the_last_second() -> None:
    assert troubled(after_calls(400), 3.0).rate == pytest.approx(200, rel=0.05)


def test_the_minutes_limit_quarters_it_and_holds_everything_for_a_while() -> None:
    slow = troubled(after_calls(400), 3.0, MINUTES_LIMIT, times=1)
    assert slow.rate == pytest.approx(100, rel=0.05)
    assert slow.next_at(3.1) == 3.0 + HOLD


def troubled_for_twelve_seconds() -> Iterator[AdaptiveThrottle]:
    """As it is after each; calls go on as fast as they may."""
    slow = after_calls(400)
    for second in range(3, 15):
        yield troubled(slow, second)
        for call in range(int(slow.rate)):
            slow.sent(second + (call + 1) / slow.rate - 1e-9)


@pytest.mark.parametrize(
    "answer",
    [OK, UNREACHED, result(43117), result(43108), result(41029), result(45009)],
    ids=lambda answer: str(answer.errcode),
)
def test_what_is_no_trouble_with_the_rate_changes_nothing(answer: SendResult) -> None:
    assert not troubled(after_calls(400), 3.0, answer).in_force


def test_a_few_busy_answers_among_hundreds_are_the_weather() -> None:
    assert not troubled(after_calls(400), 3.0, times=8).in_force
    assert troubled(after_calls(400), 3.0, times=9).in_force


def test_at_a_low_rate_one_busy_answer_is_enough() -> None:
    assert troubled(after_calls(20), 3.0, times=1).rate == pytest.approx(10, rel=0.1)


def test_answers_to_calls_of_before_do_not_throttle_again() -> None:
    slow = after_calls(400)
    for tenth in range(10):
        troubled(slow, 3.0 + tenth / 10)
    assert slow.rate == pytest.approx(200, rel=0.05)


def test_trouble_that_goes_on_slows_down_every_second_never_below_one_call_a_second() -> None:
    rates = [slow.rate for slow in troubled_for_twelve_seconds()]
    assert rates[:3] == [
        pytest.approx(200, rel=0.05),
        pytest.approx(100, rel=0.05),
        pytest.approx(50, rel=0.05),
    ]
    assert rates[-1] == 1.0


def test_calls_are_spaced_while_it_is_slow() -> None:
    slow, now, count = troubled(after_calls(400), 3.0), 3.0, 0
    while (now := max(now, slow.next_at(now))) < 3.99:
        slow.grant(now)
        count += 1
    assert count == pytest.approx(200, rel=0.06)


@pytest.mark.parametrize(("answer", "seconds"), [(BUSY, 4), (MINUTES_LIMIT, 7 + HOLD)])
def test_calm_seconds_lift_it_step_by_step(answer: SendResult, seconds: float) -> None:
    slow = troubled(after_calls(400), 3.0, answer)
    slow.next_at(3.0 + seconds - 0.01)
    assert slow.in_force
    slow.next_at(3.0 + seconds)
    assert slow.rate == math.inf


def test_from_the_slowest_it_takes_less_than_half_a_minute_back_to_hundreds() -> None:
    *_, slow = troubled_for_twelve_seconds()
    slow.next_at(14.0 + 26)
    assert not slow.in_force


def test_a_second_with_trouble_is_not_calm() -> None:
    slow = troubled(after_calls(400), 3.0)
    troubled(slow, 3.9)
    slow.next_at(4.8)
    assert slow.rate == pytest.approx(200, rel=0.05)


@pytest.mark.parametrize(
    ("answer", "capacity", "used", "refused"),
    [
        (BUSY, 5, 0.6, 0.25),
        (BUSY, 60, 0.7, 0.03),
        (BUSY, 500, 0.7, 0.03),
        (MINUTES_LIMIT, 5, 0.35, 0.1),
        (MINUTES_LIMIT, 60, 0.4, 0.01),
        (MINUTES_LIMIT, 500, 0.4, 0.01),
    ],
)
def test_it_finds_what_wechat_can_take_and_stays_near(
    answer: SendResult, capacity: int, used: float, refused: float
) -> None:
    """WeChat takes `capacity` calls in any second; we could make eight times as many."""
    slow, now, counts, last = AdaptiveThrottle(0), 0.0, Counter[bool](), deque[float](maxlen=capacity)
    while now < 240:
        now = max(now + 1 / (8 * capacity), slow.next_at(now))
        slow.grant(now)
        slow.sent(now)
        taken = len(last) < capacity or last[0] <= now - 1
        last.append(now)
        slow.observe(OK if taken else answer, now)
        counts[taken] += now >= 60
    assert counts[True] > used * capacity * 180
    assert counts[False] < refused * counts[True]


def test_who_begins_slowly_gets_faster_but_never_faster_than_allowed() -> None:
    slow = AdaptiveThrottle(0)
    slow.begin(5, 40, 0)
    rates = []
    for second in range(30):
        slow.next_at(second)
        rates.append(slow.rate)
    assert rates[:2] == [5, 6.25]
    assert rates[-1] == 40
    slow.end()
    assert not slow.in_force


def test_trouble_slows_down_who_began_slowly_and_does_not_free_them() -> None:
    slow = after_calls(40)
    slow.begin(40, 40, 3.0)
    troubled(slow, 3.0)
    assert slow.rate == pytest.approx(20, rel=0.1)
    slow.next_at(60.0)
    assert slow.rate == 40


def test_a_burst_of_half_a_second_is_no_more_calls_a_second_than_it_had() -> None:
    slow = AdaptiveThrottle(0)
    for call in range(200):
        slow.sent(call / 400)
    assert slow.per_second(0.5) == 200
