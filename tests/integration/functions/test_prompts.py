"""From the operator's plan to the next ask, through the functions and the tables."""

from typing import Any

import pytest
from support.deployment import Deployment, dismantle
from support.pushes import event, push

pytestmark = pytest.mark.emulator

PLAN = {"templates": [{"template_id": "T2", "wanted": 1}, {"template_id": "T5", "wanted": 2}]}


@pytest.fixture
def user(deployment: Deployment) -> tuple[str, str]:
    """An openid and a session; what is wanted is planned."""
    assert deployment.call("set-subscription-targets", PLAN, token="mp_admin").status == 200
    return deployment.log_in()


def asked(deployment: Deployment, token: str) -> Any:
    answer = deployment.call("read-next-prompt", token=token)
    assert answer.status == 200
    return answer.json["template_ids"]


def tell(deployment: Deployment, token: str, template_id: str, result: str, id_: str = "1") -> None:
    entry = {"id": id_, "template_id": template_id, "result": result}
    assert deployment.call("collect-permits", {"subscriptions": [entry]}, token=token).status == 200


def test_the_plan_is_kept(deployment: Deployment, user: tuple[str, str]) -> None:
    planned = [entry | {"long_term": False} for entry in PLAN["templates"]]
    told = deployment.call("read-subscription-targets", token="mp_read")
    assert (told.status, told.json) == (200, {"templates": planned, "pause_hours": 72})


def test_a_user_is_asked_for_what_is_lacking(deployment: Deployment, user: tuple[str, str]) -> None:
    _, token = user
    assert asked(deployment, token) == ["T2", "T5"]
    tell(deployment, token, "T2", "accept")
    tell(deployment, token, "T5", "accept")
    assert asked(deployment, token) == ["T5"]
    tell(deployment, token, "T5", "accept", "2")
    assert asked(deployment, token) == []


def test_the_other_users_no_is_not_ones_own(deployment: Deployment, user: tuple[str, str]) -> None:
    _, token = user
    _, other = deployment.log_in()
    tell(deployment, token, "T2", "reject")
    assert asked(deployment, token) == ["T5"]
    assert asked(deployment, other) == ["T2", "T5"]
    tell(deployment, token, "T2", "accept")
    assert asked(deployment, token) == ["T5"]


def test_settings_and_refusals_lie_side_by_side(deployment: Deployment, user: tuple[str, str]) -> None:
    openid, token = user
    tell(deployment, token, "T2", "ban")
    deployment.call("update-user", {"tags": ["vip"]}, token="mp_admin", openid=openid)
    assert deployment.call("update-me", {"opt_out": True}, token=token).json["opt_out"] is True
    assert asked(deployment, token) == []
    deployment.call("update-me", {"opt_out": False}, token=token)
    assert deployment.call("read-user", token="mp_read", openid=openid).json["tags"] == ["vip"]
    assert asked(deployment, token) == ["T5"]


@pytest.mark.parametrize("source", ["client", "callback"])
def test_who_withdraws_in_wechats_settings_is_not_asked_again(
    deployment: Deployment, user: tuple[str, str], monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setenv("SUBSCRIPTION_SOURCE", source)
    dismantle()
    openid, token = user
    assert push(deployment, event(openid, "change", TemplateId="T2", SubscribeStatusString="reject")) == 200
    assert asked(deployment, token) == ["T5"]


def test_a_no_in_the_popup_counts_where_events_do(
    deployment: Deployment, user: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUBSCRIPTION_SOURCE", "callback")
    dismantle()
    openid, token = user
    assert push(deployment, event(openid, "popup", TemplateId="T2", SubscribeStatusString="reject")) == 200
    tell(deployment, token, "T5", "reject")
    assert asked(deployment, token) == []
    accept = event(openid, "popup", TemplateId="T5", SubscribeStatusString="accept")
    assert push(deployment, accept) == 200
    assert asked(deployment, token) == ["T5"]
    assert push(deployment, accept | {"CreateTime": accept["CreateTime"] + 1}) == 200
    assert asked(deployment, token) == []


def test_a_sync_decides_what_may_be_asked_for_together(deployment: Deployment, user: tuple[str, str]) -> None:
    wechat = deployment.simulator.control
    wechat.register_template("T2", "课程:{{thing1.DATA}}", title="上课提醒")
    wechat.register_template("T5", "课程:{{thing1.DATA}}", title="上课提醒")
    assert deployment.call("sync-templates", token="mp_admin").status == 200
    assert asked(deployment, user[1]) == ["T2"]
