import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from minipush.wechat import (
    AnswerError,
    ConnectError,
    LostAnswerError,
    MemoryTokenStore,
    Reaction,
    Request,
    Response,
    Token,
    TokenRefusedError,
    TokenSource,
    TokenUnavailableError,
    WeChatError,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.meanwhile: Callable[[], object] | None = None

    def __call__(self) -> float:
        """`meanwhile` is what another thread does just when this one looks at the clock, once."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class WeChat:
    """Both token endpoints; `tokens` that were given, the last of which is the valid one."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.tokens = ["T1"]
        self.lifetime = 7200
        self.requests: list[Request] = []
        self.before: Callable[[Request], None] = lambda request: None

    def __call__(self, request: Request, timeout: float) -> Response:
        self.before(request)
        with self.guard:
            self.requests.append(request)
            if request.url_path == "/cgi-bin/token" or b'"force_refresh": true' in (request.body or b""):
                self.rotate()
            answer = {"access_token": self.tokens[-1], "expires_in": self.lifetime}
        return Response(200, json.dumps(answer).encode())

    def rotate(self) -> None:
        self.tokens.append(f"T{len(self.tokens) + 1}")

    @property
    def forced(self) -> int:
        return sum(b"force_refresh" in (request.body or b"") for request in self.requests)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wechat() -> WeChat:
    return WeChat()


@pytest.fixture
def store(clock: Clock) -> MemoryTokenStore:
    return MemoryTokenStore(clock)


@pytest.fixture
def stable(wechat: WeChat, store: MemoryTokenStore, clock: Clock) -> Callable[[], TokenSource]:
    """A worker in stable mode; all share the store."""
    return lambda: TokenSource(wechat, "wx1", "s3cret", store, clock=clock, sleep=clock.sleep)


@pytest.fixture
def classic(wechat: WeChat, store: MemoryTokenStore, clock: Clock) -> Callable[[], TokenSource]:
    """A worker in classic mode; all share the store."""
    return lambda: TokenSource(wechat, "wx1", "s3cret", store, clock=clock, mode="classic", sleep=clock.sleep)


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


def test_classic_asks_by_get(classic: Worker, wechat: WeChat, clock: Clock) -> None:
    assert classic().current() == Token("T2", clock.now + 7200)
    request = wechat.requests[0]
    assert (request.method, request.url_path, request.body) == ("GET", "/cgi-bin/token", None)
    assert dict(request.query) == {"grant_type": "client_credential", "appid": "wx1", "secret": "s3cret"}


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
    with pytest.raises(TokenUnavailableError) as refused:
        one.replace(second)
    assert refused.value.reaction is Reaction.BACK_OFF
    with pytest.raises(TokenUnavailableError):
        other.replace(second)
    assert wechat.forced == 1

    clock.now = began + 31
    assert other.replace(second).value == "T3"
    assert wechat.forced == 2


def test_a_forced_call_whose_answer_was_lost_is_not_repeated_at_once(stable: Worker, wechat: WeChat) -> None:
    tokens = stable()
    old = tokens.current()
    forced = 0

    def lose_it(request: Request) -> None:
        nonlocal forced
        if b"force_refresh" in (request.body or b""):
            forced += 1
            raise LostAnswerError("reset")

    wechat.before = lose_it
    with pytest.raises(LostAnswerError):
        tokens.replace(old)
    with pytest.raises(TokenUnavailableError):
        tokens.replace(old)
    assert forced == 1


def test_a_forced_call_that_changed_nothing_does_not_hand_out_the_refused_token(clock: Clock) -> None:
    def stubborn(request: Request, timeout: float) -> Response:
        return Response(200, b'{"access_token":"T1","expires_in":7200}')

    tokens = TokenSource(stubborn, "wx1", "s", MemoryTokenStore(clock), clock=clock, sleep=clock.sleep)
    with pytest.raises(TokenUnavailableError):
        tokens.replace(tokens.current())


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


def test_classic_gives_up_on_a_worker_that_never_stores_its_token(
    classic: Worker, store: MemoryTokenStore
) -> None:
    store.acquire("wx1#classic", 3600)
    with pytest.raises(TokenUnavailableError):
        classic().current()


def test_classic_takes_over_from_a_worker_that_died(
    classic: Worker, wechat: WeChat, store: MemoryTokenStore
) -> None:
    store.acquire("wx1#classic", 5)
    assert classic().current().value == "T2"


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


@pytest.mark.parametrize(
    ("errcode", "reaction"),
    [
        (-1, Reaction.BACK_OFF),
        (45011, Reaction.BACK_OFF),
        (99999, Reaction.BACK_OFF),
        (40001, Reaction.PAUSE),
        (40013, Reaction.PAUSE),
        (40125, Reaction.PAUSE),
        (40164, Reaction.PAUSE),
        (40243, Reaction.PAUSE),
        (45009, Reaction.PAUSE),
        (50004, Reaction.PAUSE),
        (89503, Reaction.PAUSE),
        (89507, Reaction.PAUSE),
    ],
)
def test_a_refused_request_for_a_token_backs_off_or_pauses(errcode: int, reaction: Reaction) -> None:
    body = json.dumps({"errcode": errcode, "errmsg": "no, rid: 617682e0-09059ac5-34a8e2ea"}).encode()
    tokens = TokenSource(lambda request, timeout: Response(200, body), "wx1", "s", MemoryTokenStore())
    with pytest.raises(TokenRefusedError) as refused:
        tokens.current()
    assert (refused.value.errcode, refused.value.reaction) == (errcode, reaction)
    assert refused.value.code.errcode == errcode
    assert refused.value.rid == "617682e0-09059ac5-34a8e2ea"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b'{"access_token":"T"}',
        b'{"access_token":"","expires_in":7200}',
        b'{"access_token":5,"expires_in":7200}',
        b'{"access_token":"T","expires_in":0}',
        b'{"access_token":"T","expires_in":-5}',
        b'{"access_token":"T","expires_in":NaN}',
        b'{"access_token":"T","expires_in":1e999}',
        b'{"access_token":"T","expires_in":true}',
        b'{"access_token":"T","expires_in":99999999999999999999}',
    ],
)
def test_an_answer_without_a_usable_token_is_none(answer: bytes) -> None:
    tokens = TokenSource(lambda request, timeout: Response(200, answer), "wx1", "s", MemoryTokenStore())
    with pytest.raises(AnswerError):
        tokens.current()


@pytest.mark.parametrize(("status", "reaction"), [(503, Reaction.BACK_OFF), (404, Reaction.PAUSE)])
def test_an_http_error_for_a_token_has_its_reaction(status: int, reaction: Reaction) -> None:
    tokens = TokenSource(lambda request, timeout: Response(status, b""), "wx1", "s", MemoryTokenStore())
    with pytest.raises(AnswerError) as failed:
        tokens.current()
    assert failed.value.reaction is reaction
