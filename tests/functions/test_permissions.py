"""Each function's role allows what the function does in these tests, and nothing that it doesn't."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from fakes.deployment import Deployment, dismantle
from template.test_template import FUNCTIONS, statements

from minipush import bootstrap

pytestmark = pytest.mark.emulator

SEND = "/cgi-bin/message/wxopen/template/send"
SUBSCRIBE = "/cgi-bin/message/subscribe/send"


def granted(function: str) -> set[str]:
    found = set()
    for statement in statements(FUNCTIONS[function]):
        actions = statement["Action"]
        found |= {actions} if isinstance(actions, str) else set(actions)
    return found


@pytest.fixture
def used(deployment: Deployment) -> Iterator[set[str]]:
    """The IAM actions behind the calls that collaborators make from here on."""
    actions: set[str] = set()

    def record(model: Any, params: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        if model.name == "BatchExecuteStatement":
            body = params["body"].decode() if isinstance(params["body"], bytes) else str(params["body"])
            verbs = {
                "INSERT INTO": "PartiQLInsert",
                "UPDATE ": "PartiQLUpdate",
                "DELETE FROM": "PartiQLDelete",
            }
            actions.update(f"{service}:{action}" for verb, action in verbs.items() if f'"{verb}' in body)
        else:
            actions.add(f"{service}:{model.name}")

    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session
    session.events.register("before-call", record)
    yield actions
    boto3.DEFAULT_SESSION = None


def test_the_role_of_collect(deployment: Deployment, used: set[str]) -> None:
    _, token = deployment.log_in()
    deployment.call("collect-permits", {"form_ids": [{"form_id": "f"}]}, token=token)
    deployment.call("read-me", token=token)
    deployment.call("change-me", {"opt_out": True}, token=token)
    deployment.call("read-health")
    assert used == granted("CollectFunction")


def test_the_role_of_push(deployment: Deployment, used: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered = {
        "form_ids": [{"form_id": id_} for id_ in wechat.tap(openid, 4)],
        "subscriptions": [{"id": "i", "template_id": "T1", "result": "accept", "long_term": True}],
    }
    deployment.call("add-permits", offered, token="mp_admin", openid=openid)
    template = {"type": "template", "template_id": "T1", "touser": openid}
    subscribe = {"type": "subscribe", "template_id": "T1", "touser": openid, "data": {"a": {"value": "b"}}}
    for mode in ("stable", "classic"):
        monkeypatch.setenv("WECHAT_TOKEN_MODE", mode)
        dismantle()
        wechat.fault("errcode", path=SEND, errcode=40001)
        deployment.call("send-messages", template, token="mp_send", headers={"idempotency-key": mode})
    wechat.fault("errcode", path=SUBSCRIBE, errcode=47003)
    deployment.call("send-messages", subscribe, token="mp_send")
    deployment.call("read-user", token="mp_read", openid=openid)
    deployment.call("change-user", {"tags": ["vip"]}, token="mp_admin", openid=openid)
    deployment.call("read-pool", token="mp_read")
    assert used == granted("PushFunction")


def test_the_role_of_the_sweep(deployment: Deployment, used: set[str]) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered = {"form_ids": [{"form_id": id_} for id_ in wechat.tap(openid, 1)]}
    deployment.call("add-permits", offered, token="mp_admin", openid=openid)
    used.clear()
    bootstrap.collaborators().sweep_expired._clock = lambda: 2_000_000_000_000
    assert deployment.sweep()["removed"] == 1
    assert used == granted("SweepFunction")
