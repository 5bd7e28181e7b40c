import json
from collections.abc import Callable

import pytest
from support.token_endpoints import Clock, WeChat

from minipush.wechat import (
    ConnectError,
    LostAnswerError,
    MemoryTokenStore,
    Reaction,
    Request,
    Response,
    Token,
    TokenAwaitedError,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
    WeChatError,
    code_of,
)
from minipush.wechat.tokens import FORCE_INTERVAL, SHORT_PATIENCE

type Worker = Callable[[], TokenSource]


def test_stable_asks_by_post_without_forcing(stable: Worker, wechat: WeChat, clock: Clock) -> None:
    assert stable().current() == Token("T1", clock.now + 7200)
    request = wechat.requests[0]
    assert (request.method, request.url_path, dict(request.query)) == ("POST", "/cgi-bin/stable_token", {})
    assert json.loads(request.body or b"") == {
        "grant_type": "client_credential",
        "appid": "wx1",
        "secret": "s3cret",
    }


def test_the_secret_is_read_only_when_a_token_is_asked_for(wechat: WeChat, clock: Clock) -> None:
    read = 0

    def secret() -> str:
        nonlocal read
        read += 1
        return "lazy"

    tokens = TokenSource(wechat, "wx1", secret, MemoryTokenStore(), clock=clock)
    assert read == 0
    tokens.current()
    tokens.current()
    assert read == 1


@pytest.mark.parametrize("mode", ["stable", "classic"])
def test_a_token_is_used_until_a_minute_before_its_end(
    mode: str, request: pytest.FixtureRequest, wechat: WeChat, clock: Clock
) -> None:
    tokens: TokenSource = request.getfixturevalue(mode)()
    tokens.current()
    clock.now += 7200 - 61
    tokens.current()
    assert len(wechat.requests) == 1
    assert tokens.fresh() is not None

    clock.now += 2
    assert tokens.fresh() is None
    tokens.current()
    assert len(wechat.requests) == 2


def test_a_token_that_ends_within_the_margin_is_not_asked_for_at_every_send(
    stable: Worker, wechat: WeChat
) -> None:
    wechat.lifetime = 40
    tokens = stable()
    for _ in range(10):
        tokens.current()
    assert len(wechat.requests) == 1


def test_stable_uses_the_token_that_wechat_rotated_meanwhile(stable: Worker, wechat: WeChat) -> None:
    tokens = stable()
    old = tokens.current()
    wechat.rotate()
    assert tokens.replace(old).value == "T2"
    assert tokens.current().value == "T2"
    assert wechat.forced == 0


def test_stable_forces_a_new_token_when_the_refused_one_comes_back(stable: Worker, wechat: WeChat) -> None:
    tokens = stable()
    assert tokens.replace(tokens.current()).value == "T2"
    assert wechat.forced == 1


def test_a_token_that_was_replaced_already_is_not_replaced_again(stable: Worker, wechat: WeChat) -> None:
    tokens = stable()
    old = tokens.current()
    new = tokens.replace(old)
    asked = len(wechat.requests)
    assert tokens.replace(old) == new
    assert len(wechat.requests) == asked


def test_stable_uses_what_another_worker_forced(stable: Worker, wechat: WeChat) -> None:
    one, other = stable(), stable()
    old = one.current()
    assert other.current() == old
    assert one.replace(old).value == other.replace(old).value == "T2"
    assert wechat.forced == 1


def test_stable_waits_for_what_another_worker_is_forcing(
    stable: Worker, wechat: WeChat, store: MemoryTokenStore
) -> None:
    tokens = stable()
    old = tokens.current()
    store.acquire("wx1#force", 30)
    asked = iter(range(100))

    def another_worker_is_done(request: Request) -> None:
        if next(asked) == 3:
            wechat.rotate()

    wechat.before = another_worker_is_done
    assert tokens.replace(old).value == "T2"
    assert wechat.forced == 0


def test_stable_never_forces_twice_within_30_seconds(stable: Worker, wechat: WeChat, clock: Clock) -> None:
    one, other = stable(), stable()
    began = clock.now
    second = one.replace(one.current())
    for worker in (one, other):
        with pytest.raises(TokenAwaitedError) as awaited:
            worker.replace(second, SHORT_PATIENCE)
        assert awaited.value.reaction is Reaction.BACK_OFF
    assert wechat.forced == 1

    assert other.replace(second).value == "T3"
    assert FORCE_INTERVAL <= clock.now - began < FORCE_INTERVAL + 2
    assert wechat.forced == 2


def test_stable_forces_a_token_itself_when_the_worker_that_was_to_do_it_died(
    stable: Worker, wechat: WeChat, store: MemoryTokenStore
) -> None:
    tokens = stable()
    old = tokens.current()
    store.acquire("wx1#force", FORCE_INTERVAL)
    assert tokens.replace(old).value == "T2"
    assert wechat.forced == 1


def fail_forced(wechat: WeChat, error: Exception) -> None:
    """The next forced call raises `error`."""

    def fail(request: Request) -> None:
        if b"force_refresh" in (request.body or b""):
            wechat.before = lambda request: None
            raise error

    wechat.before = fail


def test_a_forced_call_that_never_reached_wechat_is_repeated_at_once(
    stable: Worker, wechat: WeChat, clock: Clock
) -> None:
    one, other = stable(), stable()
    old, began = one.current(), clock.now
    fail_forced(wechat, ConnectError("no route"))
    with pytest.raises(ConnectError):
        one.replace(old)
    assert other.replace(old).value == "T2"
    assert clock.now == began


@pytest.mark.parametrize("error", [LostAnswerError("reset"), TokenRefusedError(code_of(-1))])
def test_a_forced_call_that_wechat_may_count_is_not_repeated_at_once(
    stable: Worker, wechat: WeChat, error: WeChatError
) -> None:
    tokens = stable()
    old = tokens.current()
    fail_forced(wechat, error)
    with pytest.raises(type(error)):
        tokens.replace(old)
    with pytest.raises(TokenAwaitedError):
        tokens.replace(old, SHORT_PATIENCE)
    assert wechat.forced == 0


def test_a_forced_call_that_changed_nothing_does_not_hand_out_the_refused_token(clock: Clock) -> None:
    def stubborn(request: Request, timeout: float) -> Response:
        return Response(200, b'{"access_token":"T1","expires_in":7200}')

    tokens = TokenSource(stubborn, "wx1", "s", MemoryTokenStore(clock), clock=clock, sleep=clock.sleep)
    with pytest.raises(TokenUnavailableError):
        tokens.replace(tokens.current())
