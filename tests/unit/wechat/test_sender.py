import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
from support.token_endpoints import Clock

from minipush.wechat import (
    ConnectError,
    LostAnswerError,
    MemoryTokenStore,
    Reaction,
    Request,
    Response,
    Token,
    TokenSource,
    TokenUnavailableError,
)
from minipush.wechat.sender import Reply, Sender, Taken
from minipush.wechat.tokens import PATIENCE

OK = Response(200, b'{"errcode":0,"errmsg":"ok","msgid":3248682510344192008}')
STALE = Response(200, b'{"errcode":40001,"errmsg":"invalid credential rid: 617682e0-09059ac5-34a8e2ea"}')
TAKEN = Reply(Taken.YES, Reaction.OK, errcode=0, msgid=3248682510344192008)
UNREACHED = Reply(Taken.NO, Reaction.BACK_OFF, "wechat_unavailable", reached=False)
LOST = Reply(Taken.MAYBE, Reaction.BACK_OFF)
type Answers = Iterable[Response | Exception]


class TokenEndpoint:
    """Gives TOKEN-1; once that is forced, TOKEN-2 and so on."""

    def __init__(self, answer: Response | Exception | None = None) -> None:
        self.answer = answer
        self.asked = 0
        self.forced = 0

    def __call__(self, request: Request, timeout: float) -> Response:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        self.forced += b"force_refresh" in (request.body or b"")
        token = {"access_token": f"TOKEN-{self.forced + 1}", "expires_in": 7200}
        return self.answer or Response(200, json.dumps(token).encode())


def source(endpoint: Callable[[Request, float], Response]) -> TokenSource:
    return TokenSource(endpoint, "wx1", "secret", MemoryTokenStore())


def send(answers: Answers, endpoint: TokenEndpoint | None = None) -> tuple[Reply, list[Request]]:
    """One subscription send, whose tries get `answers` in turn."""
    rest, requests = iter(answers), list[Request]()

    async def transport(request: Request, timeout: float) -> Response:
        requests.append(request)
        answer = next(rest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    sender = Sender(transport, source(endpoint or TokenEndpoint()))
    return asyncio.run(sender.send_subscribe(b'{"touser":"o1"}', 5)), requests


def refusal(errcode: int) -> Response:
    return Response(200, json.dumps({"errcode": errcode, "errmsg": "?"}).encode())


def test_a_message_that_wechat_takes() -> None:
    reply, requests = send([OK])
    assert reply == TAKEN
    assert (requests[0].method, requests[0].url_path) == ("POST", "/cgi-bin/message/subscribe/send")
    assert dict(requests[0].query) == {"access_token": "TOKEN-1"}
    assert requests[0].body == b'{"touser":"o1"}'


def test_a_template_message_goes_to_its_own_endpoint() -> None:
    paths: list[str] = []

    async def transport(request: Request, timeout: float) -> Response:
        paths.append(request.url_path)
        return Response(200, b'{"errcode":0,"errmsg":"ok"}')

    reply = asyncio.run(Sender(transport, source(TokenEndpoint())).send_template(b"{}", 5))
    assert (reply.taken, reply.msgid) == (Taken.YES, None)
    assert paths == ["/cgi-bin/message/wxopen/template/send"]


@pytest.mark.parametrize(
    ("errcode", "reaction", "reason"),
    [
        (-1, Reaction.BACK_OFF, "wechat_unavailable"),
        (41028, Reaction.NEXT_PERMIT, "no_permit"),
        (43101, Reaction.COUNT_EMPTY, "refused"),
        (40003, Reaction.USER_FAIL, "invalid_openid"),
        (47003, Reaction.MESSAGE_FAIL, "invalid_data"),
        (40037, Reaction.CAMPAIGN_FAIL, "invalid_template"),
        (45009, Reaction.PAUSE, "quota"),
        (99999, Reaction.BACK_OFF, "wechat_unavailable"),
    ],
)
def test_an_errcode_is_a_refusal_with_its_reaction(errcode: int, reaction: Reaction, reason: str) -> None:
    reply, requests = send([refusal(errcode)])
    assert reply == Reply(Taken.NO, reaction, reason, errcode)
    assert len(requests) == 1


def test_a_connect_that_fails_sent_nothing() -> None:
    assert send([ConnectError("no route")])[0] == UNREACHED


def test_a_lost_answer_leaves_it_open_and_is_not_sent_again() -> None:
    reply, requests = send([LostAnswerError("reset")])
    assert reply == LOST
    assert len(requests) == 1


async def send_again(sender: Sender) -> Reply:
    """A send, and another one with a new token if the first is refused for its token."""
    reply = await sender.send_template(b"{}", 5)
    if reply.reaction is not Reaction.REFRESH_TOKEN:
        return reply
    return await sender.fetch_token(5) or await sender.send_template(b"{}", 5)


@pytest.mark.parametrize("errcode", [40001, 40014, 41001, 42001])
def test_a_refused_token_is_reported_at_once_and_not_used_again(errcode: int) -> None:
    endpoint, used = TokenEndpoint(), list[str]()

    async def transport(request: Request, timeout: float) -> Response:
        used.append(request.query["access_token"])
        return OK if used[1:] else refusal(errcode)

    async def send_twice() -> None:
        sender = Sender(transport, source(endpoint))
        reply = await sender.send_subscribe(b"{}", 5)
        assert reply == Reply(Taken.NO, Reaction.REFRESH_TOKEN, "wechat_unavailable", errcode)
        assert (sender.has_token, endpoint.asked) == (False, 1)
        assert await sender.fetch_token(5) is None
        assert sender.has_token
        assert await sender.send_subscribe(b"{}", 5) == TAKEN

    asyncio.run(send_twice())
    assert used == ["TOKEN-1", "TOKEN-2"]


def test_a_late_refusal_of_an_older_token_does_not_concern_the_present_one() -> None:
    endpoint = TokenEndpoint()

    async def transport(request: Request, timeout: float) -> Response:
        if request.body == b"late":
            await is_replaced.wait()
        return OK if request.query["access_token"] == "TOKEN-2" else STALE

    async def refuse_late() -> None:
        sender = Sender(transport, source(endpoint))
        late = asyncio.create_task(sender.send_template(b"late", 5))
        assert await send_again(sender) == TAKEN
        is_replaced.set()
        assert (await late).reaction is Reaction.REFRESH_TOKEN
        assert sender.has_token

    is_replaced = asyncio.Event()
    asyncio.run(refuse_late())
    assert endpoint.forced == 1


@pytest.mark.parametrize(
    ("endpoint", "reaction", "reason"),
    [
        (refusal(40125), Reaction.PAUSE, "wechat_unavailable"),
        (refusal(40001), Reaction.PAUSE, "wechat_unavailable"),
        (refusal(40164), Reaction.PAUSE, "wechat_unavailable"),
        (refusal(45009), Reaction.PAUSE, "quota"),
        (refusal(-1), Reaction.BACK_OFF, "wechat_unavailable"),
        (refusal(45011), Reaction.BACK_OFF, "quota"),
        (ConnectError("no route"), Reaction.BACK_OFF, "wechat_unavailable"),
        (LostAnswerError("reset"), Reaction.BACK_OFF, "wechat_unavailable"),
        (Response(500, b""), Reaction.BACK_OFF, "wechat_unavailable"),
        (Response(200, b"<html>"), Reaction.BACK_OFF, "wechat_unavailable"),
        (RuntimeError("the store is down"), Reaction.BACK_OFF, "wechat_unavailable"),
    ],
)
def test_without_a_token_nothing_is_sent(
    endpoint: Response | Exception, reaction: Reaction, reason: str
) -> None:
    reply, requests = send([], TokenEndpoint(endpoint))
    assert (reply.taken, reply.reaction, reply.reason) == (Taken.NO, reaction, reason)
    assert requests == []


def test_the_address_to_allow_is_in_the_reply_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    said = "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 617682e0-09059ac5-34a8e2ea"
    refused = Response(200, json.dumps({"errcode": 40164, "errmsg": said}).encode())
    reply, _ = send([], TokenEndpoint(refused))
    assert (reply.errcode, reply.errmsg, reply.rid) == (40164, said, "617682e0-09059ac5-34a8e2ea")
    (record,) = [each for each in caplog.records if "no access_token" in each.message]
    assert record.__dict__["errmsg"] == said


def test_a_token_that_cannot_be_replaced_is_not_used_again() -> None:
    endpoint = TokenEndpoint()
    sent = 0

    async def transport(request: Request, timeout: float) -> Response:
        nonlocal sent
        sent += 1
        endpoint.answer = ConnectError("no route")
        return STALE

    async def fail_to_replace() -> None:
        sender = Sender(transport, source(endpoint))
        assert (await sender.send_template(b"{}", 5)).reaction is Reaction.REFRESH_TOKEN
        assert await sender.fetch_token(5) == UNREACHED
        assert not sender.has_token
        assert await sender.send_template(b"{}", 5) == UNREACHED

    asyncio.run(fail_to_replace())
    assert sent == 1


def crowd(send_one: Callable[[Sender], Awaitable[Reply]], endpoint: TokenEndpoint, valid: str) -> list[Reply]:
    """100 sends at once, of which WeChat refuses those with another token than `valid`."""
    at_once = asyncio.Barrier(100)

    async def transport(request: Request, timeout: float) -> Response:
        if request.query["access_token"] == valid:
            return OK
        await at_once.wait()
        return STALE

    async def together() -> list[Reply]:
        sender = Sender(transport, source(endpoint))
        return await asyncio.gather(*(send_one(sender) for _ in range(100)))

    return asyncio.run(together())


def test_sends_that_start_together_ask_for_one_token() -> None:
    endpoint = TokenEndpoint()
    assert crowd(lambda sender: sender.send_template(b"{}", 5), endpoint, "TOKEN-1") == [TAKEN] * 100
    assert endpoint.asked == 1


def test_sends_that_are_refused_together_refresh_once() -> None:
    endpoint = TokenEndpoint()
    assert crowd(send_again, endpoint, "TOKEN-2") == [TAKEN] * 100
    assert endpoint.forced == 1
    assert endpoint.asked == 3  # the first token, the same one again, a forced one


def test_one_thread_waits_for_a_token_not_one_a_send() -> None:
    waiting = 0

    class Counted(TokenSource):
        def current(self, patience: float = PATIENCE) -> Token:
            nonlocal waiting
            waiting += 1
            return super().current(patience)

    async def transport(request: Request, timeout: float) -> Response:
        return OK

    async def together() -> None:
        sender = Sender(transport, Counted(TokenEndpoint(), "wx1", "secret", MemoryTokenStore()))
        await asyncio.gather(*(sender.send_template(b"{}", 5) for _ in range(100)))

    asyncio.run(together())
    assert waiting == 1


def test_a_cancelled_send_does_not_take_the_others_token_with_it() -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow_endpoint(request: Request, timeout: float) -> Response:
        asked.set()
        assert go_on.wait(5)
        return Response(200, b'{"access_token":"TOKEN-1","expires_in":7200}')

    async def transport(request: Request, timeout: float) -> Response:
        return OK

    async def cancel_the_first() -> Reply:
        sender = Sender(transport, source(slow_endpoint))
        first, second = (asyncio.create_task(sender.send_template(b"{}", 5)) for _ in range(2))
        await asyncio.to_thread(asked.wait, 5)
        first.cancel()
        go_on.set()
        return await second

    assert asyncio.run(cancel_the_first()) == TAKEN


def test_a_renewal_in_a_thread_leaves_the_loop_free() -> None:
    ticked = threading.Event()

    def slow_endpoint(request: Request, timeout: float) -> Response:
        assert ticked.wait(5), "the event loop stood still while the token was fetched"
        return Response(200, b'{"access_token":"TOKEN-1","expires_in":7200}')

    async def transport(request: Request, timeout: float) -> Response:
        return OK

    async def send_and_tick() -> Reply:
        task = asyncio.create_task(Sender(transport, source(slow_endpoint)).send_template(b"{}", 5))
        await asyncio.sleep(0)
        ticked.set()
        return await task

    assert asyncio.run(send_and_tick()) == TAKEN


def test_without_a_token_a_sender_is_not_ready_until_it_has_one() -> None:
    endpoint = TokenEndpoint(ConnectError("no route"))

    async def transport(request: Request, timeout: float) -> Response:
        raise AssertionError("sent")

    async def fetch_twice() -> None:
        sender = Sender(transport, source(endpoint))
        assert not sender.has_token
        assert await sender.fetch_token(5) == UNREACHED
        endpoint.answer = None
        assert await sender.fetch_token(5) is None
        assert sender.has_token

    asyncio.run(fetch_twice())


def test_while_a_refused_token_is_replaced_the_sender_is_not_ready() -> None:
    go_on = threading.Event()
    endpoint = TokenEndpoint()

    def slow_endpoint(request: Request, timeout: float) -> Response:
        if endpoint.asked:
            assert go_on.wait(5)
        return endpoint(request, timeout)

    async def transport(request: Request, timeout: float) -> Response:
        return OK if request.query["access_token"] == "TOKEN-2" else STALE

    async def refuse_one() -> None:
        sender = Sender(transport, source(slow_endpoint))
        assert await sender.fetch_token(5) is None
        assert (await sender.send_template(b"{}", 5)).reaction is Reaction.REFRESH_TOKEN
        waiting = asyncio.create_task(sender.fetch_token(5))
        await asyncio.sleep(0)
        assert not sender.has_token
        go_on.set()
        assert await waiting is None
        assert sender.has_token

    asyncio.run(refuse_one())


def test_a_refused_token_is_tried_again_by_the_next_send_if_there_is_no_other() -> None:
    class Stuck:
        def fresh(self) -> Token:
            return Token("t", time.time() + 7200)

        def replace(self, rejected: Token) -> Token:
            raise TokenUnavailableError("no other")

    tokens: Any = Stuck()
    answers = iter([STALE, OK])

    async def transport(request: Request, timeout: float) -> Response:
        return next(answers)

    async def be_refused() -> None:
        sender = Sender(transport, tokens)
        assert (await sender.send_template(b"{}", 5)).reaction is Reaction.REFRESH_TOKEN
        unavailable = await sender.fetch_token(5)
        assert unavailable
        assert (unavailable.taken, unavailable.reaction) == (Taken.NO, Reaction.PAUSE)
        assert await sender.send_template(b"{}", 5) == TAKEN

    asyncio.run(be_refused())


def test_a_token_that_another_worker_is_fetching_stops_nobody(clock: Clock) -> None:
    store = MemoryTokenStore(clock)
    store.acquire("wx1#classic", 3600)

    async def transport(request: Request, timeout: float) -> Response:
        raise AssertionError("sent")

    async def wait_for_it() -> Reply | None:
        tokens = TokenSource(
            TokenEndpoint(), "wx1", "secret", store, clock=clock, mode="classic", sleep=clock.sleep
        )
        return await Sender(transport, tokens).fetch_token(5)

    assert asyncio.run(wait_for_it()) == UNREACHED


def test_a_worker_whose_forced_call_fails_stops_no_other(clock: Clock) -> None:
    store = MemoryTokenStore(clock)
    endpoint = TokenEndpoint()

    def busy_when_forced(request: Request, timeout: float) -> Response:
        return refusal(-1) if b"force_refresh" in (request.body or b"") else endpoint(request, timeout)

    async def transport(request: Request, timeout: float) -> Response:
        return OK if request.query["access_token"] == "TOKEN-2" else STALE

    def sender(calls: Callable[[Request, float], Response]) -> Sender:
        return Sender(transport, TokenSource(calls, "wx1", "secret", store, clock=clock, sleep=clock.sleep))

    async def be_refused_together() -> None:
        one, other = sender(busy_when_forced), sender(endpoint)
        for each in (one, other):
            assert (await each.send_template(b"{}", 5)).reaction is Reaction.REFRESH_TOKEN
        busy = await one.fetch_token(5)
        assert busy
        assert (busy.taken, busy.reaction, busy.errcode) == (Taken.NO, Reaction.BACK_OFF, -1)
        assert await other.fetch_token(5) is None

    asyncio.run(be_refused_together())
