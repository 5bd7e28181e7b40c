"""What holds when something real breaks: sends through the running stack, reconciled with WeChat's ledger.

Sends that take half a minute begin before all other tests and are looked at last: see `slow_sends`.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests
from support.running import MakeRun

from local.simulator.client import Control

pytestmark = pytest.mark.e2e

TEMPLATE_SEND = "/cgi-bin/message/wxopen/template/send"
# The function's timeout. A try that died keeps its Idempotency-Key for so long.
FUNCTION_SECONDS = 29


@dataclass
class Operator:
    stack: MakeRun
    wechat: Control

    def user(self, *, forms: int = 0, payments: int = 0) -> str:
        openid = self.wechat.add_user().openid
        permits = {
            "form_ids": [{"form_id": form_id} for form_id in self.wechat.tap(openid, forms)] if forms else [],
            "prepay_ids": [{"prepay_id": id_} for id_ in self.wechat.pay(openid, payments)]
            if payments
            else [],
        }
        assert self.call("POST", f"/users/{openid}/permits", permits).json()["rejected"] == []
        return openid

    def send(self, openids: list[str], key: str) -> requests.Response:
        message = {"type": "template", "template_id": "T1", "keywords": [key], "touser": openids}
        return self.call("POST", "/messages", message, {"Idempotency-Key": key})

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        authorization = {"Authorization": f"Bearer {self.stack.operator_key}"}
        return requests.request(
            method, self.stack.api_url + path, json=body, headers=authorization | (headers or {}), timeout=60
        )

    def results(self, answer: requests.Response) -> dict[str, str]:
        assert answer.status_code == 200, answer.text
        return {result["openid"]: result["status"] for result in answer.json()["results"]}

    def reached(self, key: str) -> list[str]:
        """The openids that got this message according to WeChat, one entry a message."""
        messages = self.wechat.messages()
        return sorted(m["openid"] for m in messages if m["data"].get("keyword1") == {"value": key})

    def live(self, openid: str) -> tuple[int, int]:
        permits = self.call("GET", f"/users/{openid}").json()["permits"]
        return permits["form"], permits["pay"]


def later[T](work: Callable[[], T]) -> Future[T]:
    executor = ThreadPoolExecutor(1)
    future = executor.submit(work)
    executor.shutdown(wait=False)
    return future


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.02)


@dataclass(frozen=True)
class Killed:
    """A send whose function was killed, and the answer to it."""

    key: str
    openids: list[str]
    payer: str
    began: float
    answer: Future[requests.Response]

    @property
    def recipients(self) -> list[str]:
        return [*self.openids, self.payer]


@dataclass(frozen=True)
class Hindered:
    """A send to one user whose call hangs, one who is refused, one without permits, and others."""

    key: str
    good: list[str]
    slow: str
    broken: str
    nobody: str
    answer: Future[requests.Response]


@dataclass(frozen=True)
class SlowSends:
    killed: dict[bool, Killed]
    repeated: list[requests.Response]
    hindered: Hindered


@pytest.fixture(scope="module", autouse=True)
def slow_sends(stack: MakeRun) -> Iterator[SlowSends]:
    with stack.control() as wechat:
        wechat.clear_faults()
        operator = Operator(stack, wechat)
        killed = {taken: begin_hanging(operator, taken=taken) for taken in (True, False)}
        wait_until(lambda: all(is_hanging(operator, send, taken=taken) for taken, send in killed.items()))
        assert stack.kill_functions("PushFunction") >= 1
        repeated = [operator.send(send.recipients, send.key) for send in killed.values()]
        yield SlowSends(killed, repeated, begin_hindered(operator))
        wechat.clear_faults()


def begin_hanging(operator: Operator, *, taken: bool) -> Killed:
    key, openids = uuid.uuid4().hex, [operator.user(forms=2) for _ in range(6)]
    payer = operator.user(payments=1)
    for openid in (openids[0], payer):
        operator.wechat.fault("hang", path=TEMPLATE_SEND, openid=openid, taken=taken, seconds=60)
    began = time.monotonic()
    answer = later(lambda: operator.send([*openids, payer], key))
    return Killed(key, openids, payer, began, answer)


def is_hanging(operator: Operator, send: Killed, *, taken: bool) -> bool:
    return len(operator.reached(send.key)) >= 5 + 2 * taken


def begin_hindered(operator: Operator) -> Hindered:
    key, good = uuid.uuid4().hex, [operator.user(forms=1) for _ in range(8)]
    slow, broken, nobody = operator.user(payments=1), operator.user(forms=1), operator.user()
    operator.wechat.fault("hang", path=TEMPLATE_SEND, openid=slow, taken=True, seconds=60)
    operator.wechat.fault("errcode", path=TEMPLATE_SEND, openid=broken, errcode=40003)
    answer = later(lambda: operator.send([slow, *good, broken, nobody], key))
    wait_until(
        lambda: len(operator.reached(key)) == 9 and all(f["applied"] for f in operator.wechat.faults())
    )
    return Hindered(key, good, slow, broken, nobody, answer)


@pytest.fixture
def operator(stack: MakeRun, slow_sends: SlowSends) -> Iterator[Operator]:
    with stack.control() as wechat:
        wechat.clear_faults()
        yield Operator(stack, wechat)
        wechat.clear_faults()


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


@pytest.mark.parametrize("action", ["reset_before", "reset_after", "garbage"])
def test_a_formid_whose_answer_is_lost_reaches_once(operator: Operator, key: str, action: str) -> None:
    openids = [operator.user(forms=2) for _ in range(10)]
    operator.wechat.fault(action, path=TEMPLATE_SEND, times=5)
    assert operator.results(operator.send(openids, key)) == dict.fromkeys(openids, "sent")
    assert operator.reached(key) == sorted(openids)
    assert [operator.live(openid) for openid in openids] == [(1, 0)] * 10


def test_a_token_revoked_in_the_middle_is_replaced(operator: Operator, key: str) -> None:
    openids = [operator.user(forms=1) for _ in range(30)]
    assert operator.results(operator.send(openids[:1], key + "-warm-up")) == {openids[0]: "sent"}
    operator.wechat.revoke_tokens()
    assert operator.results(operator.send(openids[1:], key)) == dict.fromkeys(openids[1:], "sent")


def test_a_token_that_wechat_refuses_though_it_gives_it_is_forced_anew(operator: Operator, key: str) -> None:
    openid = operator.user(forms=1)
    operator.wechat.fault("errcode", path=TEMPLATE_SEND, errcode=40001)
    assert operator.results(operator.send([openid], key)) == {openid: "sent"}


def test_a_busy_wechat_is_asked_again_with_the_same_permit(operator: Operator, key: str) -> None:
    openids = [operator.user(payments=1) for _ in range(4)]
    operator.wechat.fault("errcode", path=TEMPLATE_SEND, errcode=-1, times=6)
    assert operator.results(operator.send(openids, key)) == dict.fromkeys(openids, "sent")
    assert [operator.live(openid) for openid in openids] == [(0, 2)] * 4


def test_a_503_that_a_proxy_may_have_written_is_a_lost_answer(operator: Operator, key: str) -> None:
    payer, holder = operator.user(payments=1), operator.user(forms=1)
    for openid in (payer, holder):
        operator.wechat.fault("http_status", path=TEMPLATE_SEND, openid=openid, status=503)
    assert operator.results(operator.send([payer, holder], key)) == {payer: "unknown", holder: "sent"}


def test_quota_gives_every_permit_back(operator: Operator, key: str) -> None:
    openids = [operator.user(forms=1) for _ in range(3)]
    operator.wechat.fault("errcode", path=TEMPLATE_SEND, errcode=45009, times=3)
    answer = operator.send(openids, key).json()["results"]
    assert [(r["status"], r["reason"], r["errcode"]) for r in answer] == [("failed", "quota", 45009)] * 3
    assert [operator.live(openid) for openid in openids] == [(1, 0)] * 3


def test_the_same_key_at_the_same_time_sends_once(operator: Operator, key: str) -> None:
    openids = [operator.user(forms=3) for _ in range(5)]
    operator.wechat.fault("latency", path=TEMPLATE_SEND, ms=1500, times=5)
    answers = [later(lambda: operator.send(openids, key)) for _ in range(6)]
    codes = sorted(answer.result().status_code for answer in answers)
    assert codes[0] == 200
    assert set(codes) <= {200, 409}
    assert operator.reached(key) == sorted(openids)
    assert operator.results(operator.send(openids, key)) == dict.fromkeys(openids, "sent")
    assert operator.reached(key) == sorted(openids)


def test_two_sends_at_once_never_share_a_permit(operator: Operator) -> None:
    openids = [operator.user(forms=3) for _ in range(20)]
    keys = [uuid.uuid4().hex for _ in range(4)]
    answers = [later(partial(operator.send, openids, key)) for key in keys]
    statuses = [list(operator.results(answer.result()).values()) for answer in answers]
    assert sum(each.count("sent") for each in statuses) == 60
    assert sum(each.count("skipped") for each in statuses) == 20
    assert sorted(openid for key in keys for openid in operator.reached(key)) == sorted(openids * 3)


# ---- sends that began before


def test_one_slow_and_one_broken_recipient_cost_the_others_nothing(
    operator: Operator, slow_sends: SlowSends
) -> None:
    send = slow_sends.hindered
    good, slow = send.good, send.slow
    answer = operator.results(send.answer.result(timeout=60))
    assert answer == dict.fromkeys(good, "sent") | {
        slow: "unknown", send.broken: "failed", send.nobody: "skipped"
    }  # fmt: skip
    assert operator.reached(send.key) == sorted([*good, slow])
    assert operator.live(send.broken) == (1, 0)


def test_a_retry_while_the_first_try_may_run_gets_a_retry_after(slow_sends: SlowSends) -> None:
    for answer in slow_sends.repeated:
        assert answer.status_code == 409
        assert answer.headers["Retry-After"]


@pytest.mark.parametrize("taken", [True, False])
def test_a_function_killed_in_mid_send_is_taken_up_and_each_is_reached_once(
    operator: Operator, slow_sends: SlowSends, taken: bool
) -> None:
    send = slow_sends.killed[taken]
    assert send.answer.result(timeout=30).status_code >= 500

    while (again := operator.send(send.recipients, send.key)).status_code == 409:
        assert again.headers["Retry-After"]
        assert time.monotonic() - send.began < FUNCTION_SECONDS + 10
        time.sleep(0.2)

    assert operator.results(again) == dict.fromkeys(send.openids, "sent") | {send.payer: "unknown"}
    assert operator.reached(send.key) == sorted([*send.openids, *([send.payer] if taken else [])])
    assert [operator.live(openid) for openid in send.openids] == [(1, 0)] * 6
    assert operator.live(send.payer) == (0, 2)
