import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.token_endpoints import Clock, WeChat

from minipush.wechat import ConnectError, Request, Token, TokenSource, WeChatError

type Worker = Callable[[], TokenSource]


def test_a_token_that_another_thread_just_got_is_not_asked_for_again(
    stable: Worker, wechat: WeChat, clock: Clock
) -> None:
    tokens = stable()
    tokens.current()
    clock.now += 7200
    clock.meanwhile = tokens.current
    tokens.current()
    assert len(wechat.requests) == 2


def test_a_token_that_another_thread_just_replaced_is_not_replaced_again(
    stable: Worker, wechat: WeChat, clock: Clock
) -> None:
    tokens = stable()
    old = tokens.current()
    wechat.requests.clear()
    clock.meanwhile = lambda: tokens.replace(old)
    assert tokens.replace(old).value == "T2"
    assert len(wechat.requests) == 2  # asked, and forced


@pytest.mark.parametrize("mode", ["stable", "classic"])
def test_threads_that_need_a_token_together_ask_once(
    mode: str, request: pytest.FixtureRequest, wechat: WeChat
) -> None:
    tokens: TokenSource = request.getfixturevalue(mode)()
    together = threading.Barrier(32)

    def current() -> Token:
        together.wait(5)
        return tokens.current()

    with ThreadPoolExecutor(32) as pool:
        given = {future.result() for future in [pool.submit(current) for _ in range(32)]}
    assert len(given) == 1
    assert len(wechat.requests) == 1


@pytest.mark.parametrize(("mode", "calls"), [("stable", 2), ("classic", 1)])
def test_threads_that_were_refused_together_replace_once(
    mode: str, calls: int, request: pytest.FixtureRequest, wechat: WeChat
) -> None:
    tokens: TokenSource = request.getfixturevalue(mode)()
    old = tokens.current()
    wechat.requests.clear()
    together = threading.Barrier(32)

    def replace() -> Token:
        together.wait(5)
        return tokens.replace(old)

    with ThreadPoolExecutor(32) as pool:
        given = {future.result() for future in [pool.submit(replace) for _ in range(32)]}
    assert len(given) == 1
    assert old not in given
    assert len(wechat.requests) == calls


def test_threads_that_wait_for_a_failing_call_share_its_failure(stable: Worker, wechat: WeChat) -> None:
    tokens, asked, go_on = stable(), threading.Event(), threading.Event()

    def fail_late(request: Request) -> None:
        asked.set()
        assert go_on.wait(5)
        raise ConnectError("no route")

    def current() -> WeChatError | None:
        try:
            tokens.current()
        except WeChatError as error:
            return error
        return None

    wechat.before = fail_late
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(current)
        assert asked.wait(5)
        follower = pool.submit(current)
        flight = tokens._flights._flights[""]
        while len(flight._condition._waiters) == 0:  # type: ignore[attr-defined]  # until the follower waits
            assert not follower.done()
        go_on.set()
    assert isinstance(leader.result(), ConnectError)
    assert follower.result() is leader.result()
