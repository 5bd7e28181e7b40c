"""Log-ins with a WeChat that fails."""

from typing import Any

import pytest

from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
from minipush.adapters.wechat.sessions import WeChatSessions
from minipush.errors import LoginRejectedError, WeChatUnavailableError
from minipush.http.edge.problem_rows import problem_of
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import (
    AnswerError,
    ConnectError,
    LoginRefusedError,
    LostAnswerError,
    RefusedError,
    WeChatError,
)
from minipush.wechat.sessions import Session

NOW = 1_800_000_000_000
CODE = "0b1Xy2Za3Kc4Wd5Ve6Uf7Tg8Sh9Ri0Qj"


class FailingSessions:
    def __init__(self, *errors: WeChatError) -> None:
        self.errors = [*errors]

    def log_in(self, code: str) -> Session:
        raise self.errors.pop(0)


def logins(*errors: WeChatError) -> WeChatSessions:
    sessions: Any = FailingSessions(*errors)
    return WeChatSessions(sessions, CircuitBreaker(lambda: NOW))


BUSY = RefusedError(code_of(45011))


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectError("GET /sns/jscode2session: NewConnectionError"), "no connection"),
        (LostAnswerError("GET /sns/jscode2session: ReadTimeout"), "no answer"),
        (AnswerError("JSONDecodeError"), "an unexpected answer"),
        (BUSY, "45011"),
    ],
)
def test_a_problem_says_what_failed_in_plain_words(error: WeChatError, cause: str) -> None:
    with pytest.raises(WeChatUnavailableError) as failure:
        logins(error).exchange(CODE)
    problem = problem_of(failure.value, {})
    assert problem.detail == f"WeChat can't log anyone in right now ({cause})."
    assert problem.headers == {"Retry-After": "2"}


@pytest.mark.parametrize("error", [LostAnswerError("late"), BUSY])
def test_after_three_failures_in_a_row_wechat_is_not_asked(error: WeChatError) -> None:
    login = logins(error, error, error)
    for _ in range(4):
        with pytest.raises(WeChatUnavailableError) as failure:
            login.exchange(CODE)
        assert failure.value.retry_seconds == 2


def test_codes_that_wechat_refuses_stop_nobody() -> None:
    login = logins(*[LoginRefusedError(code_of(40029)) for _ in range(50)])
    for _ in range(50):
        with pytest.raises(LoginRejectedError):
            login.exchange(CODE)
