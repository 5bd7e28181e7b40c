"""The text check from the request to WeChat, through the functions."""

import json
from typing import Any

import pytest
from support.deployment import Deployment

from local.simulator.wechat import TEXT_CHECK
from minipush.domain.message_errors import BlockedTextError, TextCheckOpenidError

pytestmark = pytest.mark.emulator

WORDS = {"risky_words": {"赌场": 20006}, "review_words": {"加微信": 10001}}


@pytest.fixture
def editor(deployment: Deployment) -> str:
    deployment.simulator.control.configure(**WORDS)
    return deployment.log_in()[0]


def campaign(openid: str, text: str = "茶", **check: Any) -> dict[str, Any]:
    message = {"type": "template", "template_id": "T1", "keywords": [text, "19:30"]}
    return {
        "name": "n",
        "audience": {"type": "all"},
        "message": message,
        "text_check": {"openid": openid, **check},
    }


def asked(deployment: Deployment) -> int:
    return int(deployment.simulator.control.summary()["requests"].get(TEXT_CHECK, 0))


def made(deployment: Deployment) -> int:
    return len(deployment.call("list-campaigns", token="mp_read").json["items"])


def test_a_text_that_passes_asks_wechat_once(deployment: Deployment, editor: str) -> None:
    for _ in range(2):
        assert deployment.call("create-campaign", campaign(editor), token="mp_send").status == 201
    deployment.simulator.control.advance(3 * 3600)
    assert deployment.call("create-campaign", campaign(editor), token="mp_send").status == 201
    assert asked(deployment) == 1


def test_a_risky_text_is_refused_by_its_words(deployment: Deployment, editor: str) -> None:
    for _ in range(2):
        answer = deployment.call("create-campaign", campaign(editor, "去赌场"), token="mp_send")
        assert (answer.status, answer.json["reason"]) == (422, "content_blocked")
        assert "crime: 赌场" in json.dumps(answer.json, ensure_ascii=False)
    assert (asked(deployment), made(deployment)) == (1, 0)


def test_a_text_to_be_reviewed_goes_on_when_it_was(deployment: Deployment, editor: str) -> None:
    body = campaign(editor, "加微信")
    assert deployment.call("create-campaign", body, token="mp_send").status == 422
    reviewed = campaign(editor, "加微信", reviewed=True)
    assert deployment.call("create-campaign", reviewed, token="mp_send").status == 201


def test_who_has_not_opened_the_mini_program_for_two_hours_checks_nothing(
    deployment: Deployment, editor: str
) -> None:
    deployment.simulator.control.advance(2 * 3600)
    for openid in (editor, "o-nobody"):
        answer = deployment.call("create-campaign", campaign(openid), token="mp_send")
        assert (answer.status, answer.pointers) == (422, ["/text_check/openid"])
    assert made(deployment) == 0


def test_a_token_that_was_taken_back_does_not_stop_a_check(deployment: Deployment, editor: str) -> None:
    deployment.call("create-campaign", campaign(editor), token="mp_send")
    deployment.simulator.control.revoke_tokens()
    assert deployment.call("create-campaign", campaign(editor, "水"), token="mp_send").status == 201


def test_a_rule_has_its_text_checked_alike(deployment: Deployment, editor: str) -> None:
    fired = deployment.fire({"occurrence": "1", "campaign": campaign(editor)})
    assert fired["status"] == "running"
    with pytest.raises(BlockedTextError, match="risky"):
        deployment.fire({"occurrence": "2", "campaign": campaign(editor, "去赌场")})
    with pytest.raises(TextCheckOpenidError):
        deployment.fire({"occurrence": "3", "campaign": campaign("o-nobody", "水")})
    assert made(deployment) == 1
