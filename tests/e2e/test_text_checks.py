"""The text check on the running stack: what WeChat's ledger says was asked, and what was made of the answer."""

from collections.abc import Iterator

import pytest
from support.campaign_client import Json, Marketer, Wish, mark
from support.running import MakeRun

from local.simulator.client import Control
from local.simulator.wechat import TEXT_CHECK

pytestmark = pytest.mark.e2e


@pytest.fixture
def marketer(stack: MakeRun) -> Iterator[Marketer]:
    with Control(stack.wechat_url) as wechat:
        yield Marketer(stack, wechat)
        wechat.configure(risky_words={})


def checked(openid: str, text: str) -> Json:
    message = {"type": "template", "template_id": mark(), "keywords": [text]}
    audience = {"type": "openids", "openids": ["nobody"]}
    return Wish(audience, {"message": message, "text_check": {"openid": openid}}).body


def asked(marketer: Marketer) -> int:
    return int(marketer.wechat.summary()["requests"].get(TEXT_CHECK, 0))


def test_wechat_is_asked_once_of_each_text_and_what_it_finds_risky_is_not_made(marketer: Marketer) -> None:
    good, bad = mark(), mark()
    editor = marketer.wechat.add_user()
    assert marketer.post("/session", {"code": editor.js_code}).ok
    marketer.wechat.configure(risky_words={bad: 20006})
    before = asked(marketer)
    answers = [marketer.post("/campaigns", checked(editor.openid, text)) for text in (good, bad) * 2]
    assert [answer.status_code for answer in answers] == [201, 422, 201, 422]
    refused = answers[1].json()
    assert (refused["reason"], refused["errors"][0]["pointer"]) == ("content_blocked", "/message/keywords")
    assert asked(marketer) - before == 2
    unknown = marketer.post("/campaigns", checked("nobody", mark()))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/text_check/openid")
