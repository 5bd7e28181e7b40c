"""`python -m local.demo`: its exit status and its arguments."""

import signal
from collections.abc import Iterator
from typing import Any, Self

import pytest

from local.demo import __main__ as demo
from local.demo.demo import Demo
from local.stack.settings import StackSettings


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


class NoStack:
    def __init__(self, _settings: StackSettings, say: Any) -> None:
        self.wechat_url = self.api_url = "http://127.0.0.1:1"
        self.operator_key = "a key"
        self.wechat_ca = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("matched", "status"), [(True, 0), (False, 1)])
def test_the_demo_fails_when_the_numbers_differ(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], matched: bool, status: int
) -> None:
    monkeypatch.setattr(demo, "Stack", NoStack)
    monkeypatch.setattr(Demo, "run", lambda *_: matched)
    monkeypatch.delenv("USERS", raising=False)
    assert demo.main() == status
    assert ("DISAGREE" in capsys.readouterr().out) is not matched


@pytest.mark.parametrize("users", ["none", "0", "-1"])
def test_an_empty_population_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], users: str
) -> None:
    monkeypatch.setattr(demo, "Stack", None)
    monkeypatch.setenv("USERS", users)
    assert demo.main() == 1
    assert f"USERS={users}" in capsys.readouterr().out
