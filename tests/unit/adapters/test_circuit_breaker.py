from dataclasses import dataclass

from minipush.adapters.wechat.circuit_breaker import CircuitBreaker


@dataclass
class Clock:
    now: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


def test_two_failures_stop_nothing() -> None:
    breaker = CircuitBreaker(Clock())
    breaker.failed()
    breaker.failed()
    assert breaker.pause_seconds == 0


def test_each_failure_in_a_row_doubles_the_pause_up_to_half_a_minute() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    pauses = []
    for _ in range(8):
        breaker.failed()
        pauses.append(breaker.pause_seconds)
        clock.now += 1000 * breaker.pause_seconds
    assert pauses == [0, 0, 2, 4, 8, 16, 30, 30]


def test_after_the_pause_a_call_may_be_made() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 1_001
    assert breaker.pause_seconds == 1
    clock.now += 999
    assert breaker.pause_seconds == 0


def test_a_success_forgets_the_failures() -> None:
    breaker = CircuitBreaker(Clock())
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.pause_seconds == 0
