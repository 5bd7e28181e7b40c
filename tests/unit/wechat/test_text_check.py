import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.token_endpoints import Clock, WeChat

from minipush.wechat import (
    AnswerError,
    ConnectError,
    LostAnswerError,
    Reaction,
    RefusedError,
    Request,
    Response,
    TokenSource,
    WeChatError,
)
from minipush.wechat.text_check import LABELS, LONGEST, Suggestion, TextCheck, TextVerdict, parts_of

PASSED = {
    "errcode": 0,
    "errmsg": "ok",
    "result": {"suggest": "pass", "label": 100},
    "detail": [],
    "trace_id": "t",
}
RISKY = PASSED | {"result": {"suggest": "risky", "label": 20006}}
REVIEW = PASSED | {"result": {"suggest": "review", "label": 10001}}


@dataclass
class FakeTextCheck:
    """msg_sec_check: answers in turn, the last again and again, each after so many seconds."""

    clock: Clock
    answers: list[Any] = field(default_factory=lambda: [PASSED])
    seconds: float = 0.0
    requests: list[Request] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    def __call__(self, request: Request, timeout: float) -> Response:
        self.requests.append(request)
        self.timeouts.append(timeout)
        self.clock.now += self.seconds
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(200, json.dumps(answer).encode())

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.body or b"") for request in self.requests]


@pytest.fixture
def text_check(clock: Clock) -> FakeTextCheck:
    return FakeTextCheck(clock)


@pytest.fixture
def check(
    text_check: FakeTextCheck, stable: Callable[[], TokenSource], clock: Clock
) -> Callable[[str], TextVerdict]:
    asking = TextCheck(text_check, stable(), sleep=clock.sleep, monotonic=lambda: clock.now)
    return lambda text: asking.check(text, "o-editor")


type Check = Callable[[str], TextVerdict]


def test_a_text_is_asked_about_by_version_2_in_plain_utf8(check: Check, text_check: FakeTextCheck) -> None:
    assert check("瑜伽\n19:30") == TextVerdict(Suggestion.PASS, 100)
    [request] = text_check.requests
    assert (request.method, request.url_path) == ("POST", "/wxa/msg_sec_check")
    assert dict(request.query) == {"access_token": "T1"}
    assert "瑜伽".encode() in (request.body or b"")
    [body] = text_check.bodies
    assert body == {"content": "瑜伽\n19:30", "version": 2, "scene": 3, "openid": "o-editor"}


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_nothing_is_not_asked_about(check: Check, text_check: FakeTextCheck, text: str) -> None:
    assert check(text).suggestion is Suggestion.PASS
    assert text_check.requests == []


@pytest.mark.parametrize("suggest", ["pass", "review", "risky"])
@pytest.mark.parametrize(("label", "read"), [(20006, 20006), ("20006", 20006), (None, None), (True, None)])
def test_the_result_decides_whatever_the_details_say(
    check: Check, text_check: FakeTextCheck, suggest: str, label: object, read: int | None
) -> None:
    detail = [{"errcode": 0, "suggest": "risky", "label": 20002}, {"errcode": -1}]
    text_check.answers = [PASSED | {"result": {"suggest": suggest, "label": label}, "detail": detail}]
    assert check("茶") == TextVerdict(Suggestion(suggest), read)


def test_the_words_of_details_that_count_are_told_once(check: Check, text_check: FakeTextCheck) -> None:
    words = [
        {"errcode": 0, "suggest": "risky", "keyword": "赌场"},
        {"errcode": 0, "suggest": "risky", "keyword": "赌场"},
        {"errcode": 0, "suggest": "pass", "keyword": "茶"},
        {"errcode": -1, "suggest": "risky", "keyword": "水"},
        {"suggest": "risky", "keyword": "酒"},
        {"errcode": 0, "suggest": "risky", "keyword": 5},
        {"errcode": 0, "suggest": "risky", "keyword": ""},
        None,
    ]
    text_check.answers = [RISKY | {"detail": words}]
    assert check("赌场").keywords == ("赌场",)


@pytest.mark.parametrize("detail", [None, {}, "", [None], [[]]])
def test_details_may_be_anything(check: Check, text_check: FakeTextCheck, detail: object) -> None:
    text_check.answers = [REVIEW | {"detail": detail}]
    assert check("茶") == TextVerdict(Suggestion.REVIEW, 10001)


def test_a_label_has_words(check: Check, text_check: FakeTextCheck) -> None:
    told = [TextVerdict(Suggestion.RISKY, label).about for label in (20006, 20099, None)]
    assert told == ["crime", "label 20099", "no label"]
    assert LABELS[100] == "normal"


def test_the_refusal_of_version_1_is_a_verdict_too(check: Check, text_check: FakeTextCheck) -> None:
    text_check.answers = [{"errcode": 87014, "errmsg": "risky content"}]
    assert check("茶") == TextVerdict(Suggestion.RISKY)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"errcode": 0},
        {"result": None},
        {"result": []},
        {"result": {}},
        {"result": {"suggest": "maybe"}},
        {"result": {"suggest": ["pass"]}},
        [],
        Response(200, b"<html>"),
    ],
)
def test_an_answer_without_a_verdict_is_none(check: Check, text_check: FakeTextCheck, answer: Any) -> None:
    text_check.answers = [answer]
    with pytest.raises(AnswerError):
        check("茶")


# ---- long texts


LINE = "字" * 1000


def test_a_long_text_is_asked_about_by_whole_lines_and_the_worst_counts(
    check: Check, text_check: FakeTextCheck
) -> None:
    text_check.answers = [PASSED, REVIEW, PASSED]
    assert check("\n".join([LINE] * 5)) == TextVerdict(Suggestion.REVIEW, 10001)
    assert [len(body["content"]) for body in text_check.bodies] == [2001, 2001, 1000]


def test_a_risky_part_ends_it(check: Check, text_check: FakeTextCheck) -> None:
    text_check.answers = [RISKY, PASSED]
    assert check("\n".join([LINE] * 5)).suggestion is Suggestion.RISKY
    assert len(text_check.requests) == 1


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(st.text(st.sampled_from("a字😀\n "), max_size=60), st.sampled_from([1, 60, 1300]))
def test_no_part_is_too_long(text: str, times: int) -> None:
    assert all(0 < units(part) <= LONGEST for part in parts_of(text * times))


@pytest.mark.parametrize("after", ["", "\n", "😀" * 20])
def test_no_word_is_left_out_or_cut_in_two(after: str) -> None:
    text = "".join(f"{n:05}{after}" for n in range(2000))
    parts = list(parts_of(text))
    words = {word for start in range(len(text)) for word in text[start : start + 20].split("\n")}
    assert [word for word in words if not any(word in part for part in parts)] == []


# ---- what goes wrong


def refusal(errcode: int) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": "no rid: 617682e0-09059ac2-34a8e2ea"}


@pytest.mark.parametrize(
    "passing",
    [
        refusal(-1),
        Response(500, b""),
        ConnectError("no route"),
        LostAnswerError("gone"),
    ],
)
def test_what_passes_is_waited_out_twice(
    check: Check, text_check: FakeTextCheck, clock: Clock, passing: Any
) -> None:
    text_check.answers = [passing, passing, PASSED]
    before = clock.now
    assert check("茶").suggestion is Suggestion.PASS
    assert clock.now - before == 2.0


@pytest.mark.parametrize("passing", [refusal(-1), ConnectError("no route")])
def test_what_does_not_pass_is_the_callers(check: Check, text_check: FakeTextCheck, passing: Any) -> None:
    text_check.answers = [passing]
    with pytest.raises(WeChatError) as raised:
        check("茶")
    assert raised.value.reaction is Reaction.BACK_OFF
    assert len(text_check.requests) == 3


@pytest.mark.parametrize("errcode", [44991, 45011, 45009, 48001, 61010, 40003, 43104, 40129])
def test_what_waiting_does_not_help_is_told_at_once(
    check: Check, text_check: FakeTextCheck, errcode: int
) -> None:
    text_check.answers = [refusal(errcode)]
    with pytest.raises(RefusedError) as refused:
        check("茶")
    assert (refused.value.errcode, refused.value.rid) == (errcode, "617682e0-09059ac2-34a8e2ea")
    assert len(text_check.requests) == 1


def test_a_slow_wechat_is_not_waited_for_longer_than_somebody_waits(
    check: Check, text_check: FakeTextCheck, clock: Clock
) -> None:
    text_check.seconds = 2.5
    with pytest.raises(LostAnswerError, match="time"):
        check("\n".join([LINE] * 9))
    assert text_check.timeouts == [3.0, 3.0, 1.0]


def test_an_error_late_in_the_time_is_not_tried_again(check: Check, text_check: FakeTextCheck) -> None:
    text_check.seconds, text_check.answers = 3.0, [LostAnswerError("gone")]
    with pytest.raises(LostAnswerError, match="gone"):
        check("茶")
    assert len(text_check.requests) == 2


def test_a_refused_token_is_replaced_once(check: Check, text_check: FakeTextCheck, wechat: WeChat) -> None:
    text_check.answers = [refusal(40001), PASSED]
    assert check("茶").suggestion is Suggestion.PASS
    assert [request.query["access_token"] for request in text_check.requests] == ["T1", "T2"]
    assert wechat.forced == 1


def test_a_token_that_stays_refused_is_not_replaced_again(check: Check, text_check: FakeTextCheck) -> None:
    text_check.answers = [refusal(42001)]
    with pytest.raises(RefusedError):
        check("茶")
    assert len(text_check.requests) == 2
