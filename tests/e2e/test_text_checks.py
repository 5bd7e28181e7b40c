"""The text check on the running stack: how often WeChat is asked, and what its answer leads to."""

from collections.abc import Iterator

import pytest
from support.campaign_client import CampaignClient, CampaignRequest, Json, unique_id
from support.running import MakeRun

from local.simulator.wechat import TEXT_CHECK

pytestmark = pytest.mark.e2e


@pytest.fixture
def client(stack: MakeRun) -> Iterator[CampaignClient]:
    with stack.control() as wechat:
        yield CampaignClient(stack, wechat)
        wechat.configure(risky_words={})


def checked(openid: str, text: str) -> Json:
    message = {"type": "template", "template_id": unique_id(), "keywords": [text]}
    audience = {"type": "openids", "openids": ["nobody"]}
    return CampaignRequest(audience, {"message": message, "text_check": {"openid": openid}}).body


def asked(client: CampaignClient) -> int:
    return int(client.wechat.summary()["requests"].get(TEXT_CHECK, 0))


def test_wechat_is_asked_once_of_each_text_and_what_it_finds_risky_is_not_made(
    client: CampaignClient,
) -> None:
    good, bad = unique_id(), unique_id()
    editor = client.wechat.add_user()
    assert client.post("/session", {"code": editor.js_code}).ok
    client.wechat.configure(risky_words={bad: 20006})
    before = asked(client)
    answers = [client.post("/campaigns", checked(editor.openid, text)) for text in (good, bad) * 2]
    assert [answer.status_code for answer in answers] == [201, 422, 201, 422]
    refused = answers[1].json()
    assert (refused["reason"], refused["errors"][0]["pointer"]) == ("content_blocked", "/message/keywords")
    assert asked(client) - before == 2
    unknown = client.post("/campaigns", checked("nobody", unique_id()))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/text_check/openid")
