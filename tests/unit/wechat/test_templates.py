import json
from collections.abc import Callable
from typing import Any

import pytest
from support.token_endpoints import WeChat

from minipush.wechat import (
    AnswerError,
    LostAnswerError,
    Reaction,
    RefusedError,
    Request,
    Response,
    TokenSource,
)
from minipush.wechat.templates import AccountTemplate, AccountTemplates

CLASS = {
    "priTmplId": "T1",
    "title": "上课提醒",
    "content": "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}\n",
    "example": "课程:瑜伽\n时间:19:30\n",
    "type": 2,
}
ALARM = {
    "priTmplId": "T2",
    "title": "设备提醒",
    "content": "位置:{{enum_string2.DATA}}\n",
    "example": "位置:客厅\n",
    "type": 3,
    "keywordEnumValueList": [{"keywordCode": "enum_string2.DATA", "enumValueList": ["客厅", "车库"]}],
}


class Listing:
    """gettemplate: answers in turn, the last again and again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    def __call__(self, request: Request, timeout: float) -> Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Response(200, json.dumps(answer).encode())


@pytest.fixture
def read(stable: Callable[[], TokenSource]) -> Callable[[Listing], list[AccountTemplate]]:
    return lambda listing: AccountTemplates(listing, stable()).read()


type Read = Callable[[Listing], list[AccountTemplate]]


@pytest.mark.parametrize("raw", ["\n", "\t", "\b"])
def test_a_raw_control_character_in_a_template_is_read(stable: Callable[[], TokenSource], raw: str) -> None:
    content = f"课程:{{{{thing1.DATA}}}}{raw}时间:{{{{time2.DATA}}}}{raw}"
    body = f'{{"errcode":0,"data":[{{"priTmplId":"T1","title":"上{raw}课","content":"{content}"}}]}}'
    (found,) = AccountTemplates(lambda *_: Response(200, body.encode()), stable()).read()
    assert (found.title, found.content, found.keys) == (f"上{raw}课", content, ("thing1", "time2"))


def test_templates_are_read_with_their_keys_and_enums(read: Read) -> None:
    listing = Listing({"errcode": 0, "errmsg": "ok", "data": [CLASS, ALARM]})
    lesson, alarm = read(listing)
    assert (lesson.id, lesson.title, lesson.is_long_term) == ("T1", "上课提醒", False)
    assert (lesson.keys, lesson.enums) == (("thing1", "time2"), {})
    assert (lesson.content, lesson.example) == (CLASS["content"], CLASS["example"])
    assert (alarm.is_long_term, alarm.enums) == (True, {"enum_string2": ("客厅", "车库")})
    [request] = listing.requests
    assert (request.method, request.url_path, request.body) == ("GET", "/wxaapi/newtmpl/gettemplate", None)
    assert dict(request.query) == {"access_token": "T1"}


def test_an_account_may_have_none(read: Read) -> None:
    assert read(Listing({"data": []})) == []


@pytest.mark.parametrize("code", ["enum_string2.DATA", "enum_string2"])
def test_an_enums_key_is_bare_however_it_comes(read: Read, code: str) -> None:
    listed = [{"keywordCode": code, "enumValueList": ["客厅"]}]
    [template] = read(Listing({"data": [ALARM | {"keywordEnumValueList": listed}]}))
    assert template.enums == {"enum_string2": ("客厅",)}


@pytest.mark.parametrize("listed", [None, [], "", [None], {}])
def test_a_template_may_have_no_enums(read: Read, listed: object) -> None:
    [template] = read(Listing({"data": [CLASS | {"keywordEnumValueList": listed}]}))
    assert template.enums == {}


def test_a_refused_token_is_replaced_once(read: Read, wechat: WeChat) -> None:
    listing = Listing({"errcode": 40001}, {"data": [CLASS]})
    assert [template.id for template in read(listing)] == ["T1"]
    assert [request.query["access_token"] for request in listing.requests] == ["T1", "T2"]
    assert wechat.forced == 1


def test_a_token_that_stays_refused_is_not_replaced_again(read: Read) -> None:
    listing = Listing({"errcode": 42001})
    with pytest.raises(RefusedError):
        read(listing)
    assert len(listing.requests) == 2


def test_the_days_limit_is_told_and_not_tried_again(read: Read) -> None:
    listing = Listing({"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    with pytest.raises(RefusedError) as refused:
        read(listing)
    assert (refused.value.errcode, refused.value.reaction) == (45009, Reaction.PAUSE)
    assert len(listing.requests) == 1


def test_a_lost_answer_is_the_callers(read: Read) -> None:
    with pytest.raises(LostAnswerError):
        read(Listing(LostAnswerError("gone")))


@pytest.mark.parametrize(
    "answer",
    [{}, {"data": None}, {"data": {}}, {"data": [None]}, {"data": [{}]}, {"data": [{"priTmplId": 5}]}, []],
)
def test_an_answer_that_lists_no_templates_is_none(read: Read, answer: object) -> None:
    with pytest.raises(AnswerError):
        read(Listing(answer))
