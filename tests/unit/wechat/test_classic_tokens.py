from collections.abc import Callable

import pytest
from support.token_endpoints import Clock, WeChat

from minipush.wechat import (
    ConnectError,
    MemoryTokenStore,
    Reaction,
    Request,
    Response,
    Token,
    TokenAwaitedError,
    TokenSource,
)
from minipush.wechat.tokens import LOCK_SECONDS, SHORT_PATIENCE

type Worker = Callable[[], TokenSource]


def test_classic_asks_by_get(classic: Worker, wechat: WeChat, clock: Clock) -> None:
    assert classic().current() == Token("T2", clock.now + 7200)
    request = wechat.requests[0]
    assert (request.method, request.url_path, request.body) == ("GET", "/cgi-bin/token", None)
    assert dict(request.query) == {"grant_type": "client_credential", "appid": "wx1", "secret": "s3cret"}


def test_classic_workers_share_one_token(classic: Worker, wechat: WeChat) -> None:
    assert classic().current() == classic().current()
    assert len(wechat.requests) == 1


def test_classic_uses_what_another_worker_replaced(classic: Worker, wechat: WeChat) -> None:
    one, other = classic(), classic()
    old = one.current()
    assert other.current() == old
    assert one.replace(old) == other.replace(old) == other.current()
    assert len(wechat.requests) == 2


def test_classic_waits_for_the_worker_that_is_fetching(
    wechat: WeChat, store: MemoryTokenStore, clock: Clock
) -> None:
    store.acquire("wx1#classic", 20)

    def another_worker_is_done(seconds: float) -> None:
        clock.now += seconds
        if clock.now > 1_000_001:
            store.save("wx1#classic", Token("THEIRS", clock.now + 7200))

    tokens = TokenSource(wechat, "wx1", "s", store, clock=clock, mode="classic", sleep=another_worker_is_done)
    assert tokens.current().value == "THEIRS"
    assert wechat.requests == []


def test_classic_uses_what_another_worker_stored_just_before_it_had_the_lock(
    wechat: WeChat, clock: Clock
) -> None:
    class LateStore(MemoryTokenStore):
        def acquire(self, name: str, seconds: float, /) -> str | None:
            self.save(name, Token("THEIRS", clock.now + 7200))
            return super().acquire(name, seconds)

    tokens = TokenSource(wechat, "wx1", "s", LateStore(clock), clock=clock, mode="classic")
    assert tokens.current().value == "THEIRS"
    assert wechat.requests == []


def test_classic_gives_up_on_a_worker_that_never_stores_its_token_and_may_ask_again(
    classic: Worker, store: MemoryTokenStore
) -> None:
    store.acquire("wx1#classic", 3600)
    with pytest.raises(TokenAwaitedError) as awaited:
        classic().current()
    assert awaited.value.reaction is Reaction.BACK_OFF


def test_classic_takes_over_from_a_worker_that_died(
    classic: Worker, wechat: WeChat, store: MemoryTokenStore, clock: Clock
) -> None:
    store.acquire("wx1#classic", LOCK_SECONDS)
    began = clock.now
    assert classic().current().value == "T2"
    assert clock.now - began < LOCK_SECONDS + 1


def test_a_call_that_a_client_waits_for_does_not_wait_for_a_worker_that_died(
    classic: Worker, store: MemoryTokenStore, clock: Clock
) -> None:
    store.acquire("wx1#classic", LOCK_SECONDS)
    began = clock.now
    with pytest.raises(TokenAwaitedError):
        classic().call_with_token(lambda token: Response(200, token.value.encode()))
    assert clock.now - began < SHORT_PATIENCE + 1


def test_classic_lets_others_fetch_after_a_failure(
    classic: Worker, wechat: WeChat, store: MemoryTokenStore, clock: Clock
) -> None:
    def down(request: Request) -> None:
        raise ConnectError("no route")

    wechat.before = down
    with pytest.raises(ConnectError):
        classic().current()
    wechat.before = lambda request: None
    began = clock.now
    classic().current()
    assert clock.now == began
