"""WeChat's pushes, from the recorded request to the table and back."""

from typing import Any

import pytest
from support.deployment import Deployment, dismantle
from support.pushes import event, push, signed

pytestmark = pytest.mark.emulator


def give(deployment: Deployment, token: str, id_: str = "1") -> None:
    given = [
        {"id": id_, "template_id": "T1", "result": "accept"},
        {"id": id_, "template_id": "T2", "result": "accept"},
        {"id": id_, "template_id": "T1", "result": "accept", "long_term": True},
    ]
    deployment.call("collect-permits", {"subscriptions": given}, token=token)


def permits(deployment: Deployment, openid: str) -> Any:
    return deployment.call("read-user", token="mp_read", openid=openid).json["permits"]


def test_the_url_is_checked(deployment: Deployment) -> None:
    answer = deployment.call("check-callback", query=signed() | {"echostr": "4375120948345356249"})
    assert (answer.status, answer.raw["body"]) == (200, "4375120948345356249")


def test_the_recorded_requests_are_signed_but_old(deployment: Deployment) -> None:
    assert deployment.call("check-callback").status == 403
    assert deployment.call("receive-wechat-event").status == 403


def test_a_user_who_withdraws_loses_that_templates_permits(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    give(deployment, token)
    reject = event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")
    assert push(deployment, reject) == 200
    left = {"form": 0, "pay": 0, "once": {"T2": 1}, "long": []}
    assert permits(deployment, openid) == left
    give(deployment, token, "2")
    again = permits(deployment, openid)
    assert push(deployment, reject) == 200
    assert permits(deployment, openid) == again != left


def test_an_accept_counts_once_whoever_counts(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in ("client", "callback"):
        monkeypatch.setenv("SUBSCRIPTION_SOURCE", source)
        dismantle()
        openid, token = deployment.log_in()
        accept = event(openid, "popup", TemplateId="T1", SubscribeStatusString="accept", PopupScene="0")
        given = {"subscriptions": [{"id": "1", "template_id": "T1", "result": "accept"}]}
        for _ in range(2):
            assert deployment.call("collect-permits", given, token=token).status == 200
            assert deployment.call("add-permits", given, token="mp_admin", openid=openid).status == 200
            assert push(deployment, accept) == 200
        assert permits(deployment, openid)["once"] == {"T1": 1}


def test_without_its_table_the_callback_asks_for_a_repeat(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    openid, token = deployment.log_in()
    give(deployment, token)
    reject = event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")
    with monkeypatch.context() as without:
        without.setenv("STATE_TABLE", "none")
        dismantle()
        assert push(deployment, reject) == 500
    dismantle()
    assert push(deployment, reject) == 200
    assert permits(deployment, openid)["once"] == {"T2": 1}


def test_what_wechat_did_not_sign_is_403(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    give(deployment, token)
    before = permits(deployment, openid)
    reject = event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")
    assert deployment.call("receive-wechat-event", reject, query=signed("more")).status == 403
    assert permits(deployment, openid) == before


@pytest.mark.parametrize(("plain_pushes", "statuses"), [("", [403, 403]), ("accept", [200, 403])])
def test_a_plain_push_is_taken_where_the_secret_says_so_and_its_nonce_once(
    deployment: Deployment, plain_pushes: str, statuses: list[int]
) -> None:
    deployment.set_callback_secret(plain_pushes=plain_pushes)
    users = [deployment.log_in() for _ in range(2)]
    query = signed()
    answers = []
    for openid, token in users:
        give(deployment, token)
        reject = event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")
        answers.append(deployment.call("receive-wechat-event", reject, query=query).status)
    assert answers == statuses
    assert permits(deployment, users[1][0])["once"] == {"T1": 1, "T2": 1}
