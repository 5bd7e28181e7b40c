"""Waits of commands: nobody sits before a silent terminal."""

import time
from itertools import count

import pytest

from operate.waiting import eventually, wait


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only waiting moves."""
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    return clock


def test_a_wait_says_every_ten_seconds_how_long_it_lasts_still(now: list[float]) -> None:
    said: list[str] = []
    wait(25, said.append)
    assert said == ["… 25 s more", "… 15 s more", "… 5 s more"]
    assert now == [25]


def test_what_comes_true_soon_is_not_spoken_of() -> None:
    said: list[str] = []
    tries = count()
    assert eventually(lambda: next(tries) == 3, 60, said.append)
    assert said == []


def test_what_does_not_come_true_is_given_up_in_time_and_spoken_of_every_ten_seconds(
    now: list[float],
) -> None:
    said: list[str] = []
    assert not eventually(lambda: False, 60, said.append)
    assert len(said) == 6
    assert now == [62]
