"""Each function's role allows what the function does in these tests, and nothing that it doesn't."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

import boto3
import pytest
from support.deployment import Deployment, dismantle
from support.pushes import event, push, sent_to, signed
from support.statements import watch
from support.template import FUNCTIONS, statements

from local.simulator.wechat import TEXT_CHECK
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.container import container

pytestmark = pytest.mark.emulator

# What the SDK calls it where that is not the action's name.
CALLS = {"sqs:SendMessage": "sqs:SendMessageBatch"}
NO_CALL = "iam:PassRole"
SEND = "/cgi-bin/message/wxopen/template/send"
SUBSCRIBE = "/cgi-bin/message/subscribe/send"


CAMPAIGN: dict[str, Any] = {
    "name": "a campaign",
    "message": {"type": "template", "template_id": "T1"},
    "audience": {"type": "all"},
}


@dataclass(slots=True)
class Used:
    """IAM actions, and the partition keys of the State table."""

    actions: set[str] = field(default_factory=set)
    state_keys: set[str] = field(default_factory=set)

    def clear(self) -> None:
        self.actions.clear()
        self.state_keys.clear()

    def are_those_of(self, function: str) -> bool:
        """The role of the function allows all of these and no more, by action and by key."""
        patterns = state_patterns(function)
        unmatched = [key for key in self.state_keys if not any(fnmatch(key, one) for one in patterns)]
        unused = [one for one in patterns if not any(fnmatch(key, one) for key in self.state_keys)]
        assert (unmatched, unused) == ([], [])
        assert self.actions == granted(function)
        return True


def state_patterns(function: str) -> list[str]:
    return [
        pattern
        for statement in statements(FUNCTIONS[function])
        if statement["Resource"] == {"GetAtt": "State.Arn"}
        for pattern in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    ]


def granted(function: str) -> set[str]:
    found = set()
    for statement in statements(FUNCTIONS[function]):
        actions = statement["Action"]
        found |= {actions} if isinstance(actions, str) else set(actions)
    return {CALLS.get(action, action) for action in found} - {NO_CALL}


@pytest.fixture
def used(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    """The IAM actions behind the calls that collaborators make from here on."""
    found = Used()
    actions = found.actions

    def record_statements(body: str) -> None:
        verbs = {"INSERT INTO": "PartiQLInsert", "UPDATE ": "PartiQLUpdate", "DELETE FROM": "PartiQLDelete"}
        actions.update(f"dynamodb:{action}" for verb, action in verbs.items() if f'"{verb}' in body)

    def record(model: Any, params: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        if service == "dynamodb":
            found.state_keys.update(state_keys(deployment, params))
        body = params["body"].decode() if isinstance(params["body"], bytes) else str(params["body"])
        if model.name == "BatchExecuteStatement":
            record_statements(body)
        elif model.name == "TransactWriteItems":
            actions.update(
                f"{service}:{verb}Item" for verb in ("Put", "Update", "Delete") if f'"{verb}":' in body
            )
        else:
            actions.add(f"{service}:{model.name}")

    watch(monkeypatch, lambda _, body: record_statements(body))
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session
    session.events.register("before-call", record)

    def recorded_session() -> boto3.Session:
        plain = plain_json_session()
        plain.events.register("before-call", record)
        return plain

    monkeypatch.setattr("minipush.adapters.dynamodb.plain_json.plain_json_session", recorded_session)
    yield found
    boto3.DEFAULT_SESSION = None


def state_keys(deployment: Deployment, params: dict[str, Any]) -> set[str]:
    """Of a DynamoDB call for one item of the State table, or for several in a transaction."""
    request = json.loads(params["body"])
    writes = request.get("TransactItems", [])
    calls = [next(iter(write.values())) for write in writes] or [request]
    of_state = [call for call in calls if call.get("TableName") == deployment.state]
    return {(call.get("Key") or call["Item"])["id"]["S"] for call in of_state}


def test_the_role_of_collect(deployment: Deployment, used: Used) -> None:
    _, token = deployment.log_in()
    deployment.call("collect-permits", {"form_ids": [{"form_id": "f"}]}, token=token)
    deployment.call("read-me", token=token)
    deployment.call("update-me", {"opt_out": True}, token=token)
    deployment.call("read-health")
    accept = {"id": "1", "template_id": "T1", "result": "accept"}
    accepts = {"subscriptions": [accept, accept | {"long_term": True}]}
    deployment.call("collect-permits", accepts, token=token)
    deployment.call("read-next-prompt", token=token)
    assert used.are_those_of("CollectFunction")


def test_the_role_of_the_callback(
    deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber = sent_to(deployment)
    openid, token = deployment.log_in()
    accept = {"id": "1", "template_id": "T1", "result": "accept"}
    accepts = {"subscriptions": [accept, accept | {"long_term": True}]}
    deployment.call("collect-permits", accepts, token=token)
    deployment.set_callback_secret(plain_pushes="accept")
    monkeypatch.setenv("SUBSCRIPTION_SOURCE", "callback")
    dismantle()
    used.clear()
    accepted = event(openid, "popup", TemplateId="T2", SubscribeStatusString="accept", PopupScene="0")
    assert push(deployment, accepted) == 200
    reject = event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")
    assert push(deployment, reject) == 200
    assert deployment.call("receive-wechat-event", accepted, query=signed()).status == 200
    failed = event(subscriber.openid, "sent", TemplateId="T1", MsgID=subscriber.msgid, ErrorCode="5")
    assert push(deployment, failed) == 200
    assert used.are_those_of("WeChatCallbackFunction")


def test_the_role_of_push(deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered = {
        "form_ids": [{"form_id": id_} for id_ in wechat.tap(openid, 4)],
        "subscriptions": [{"id": "i", "template_id": "T1", "result": "accept", "long_term": True}],
    }
    deployment.call("add-permits", offered, token="mp_admin", openid=openid)
    template = {"type": "template", "template_id": "T1", "touser": openid}
    subscribe = {
        "type": "subscribe",
        "template_id": "T1",
        "touser": openid,
        "data": {"thing1": {"value": "b"}},
    }
    monkeypatch.setenv("MAX_SENDS_PER_SECOND", "1000")
    for mode in ("stable", "classic"):
        monkeypatch.setenv("WECHAT_TOKEN_MODE", mode)
        dismantle()
        wechat.fault("errcode", path=SEND, errcode=40001)
        deployment.call("send-messages", template, token="mp_send", headers={"idempotency-key": mode})
    for errcode in (47003, 43101):
        wechat.fault("errcode", path=SUBSCRIBE, errcode=errcode)
        deployment.call("send-messages", subscribe, token="mp_send")
    deployment.call("read-user", token="mp_read", openid=openid)
    deployment.call("read-user-timeline", token="mp_read", openid=openid)
    deployment.call("update-user", {"tags": ["vip"]}, token="mp_admin", openid=openid)
    deployment.call("read-pool", token="mp_read")
    deployment.call("read-statistics", token="mp_read")
    deployment.call("read-status", token="mp_read")
    deployment.call("switch-sending", {"enabled": True}, token="mp_admin")
    deployment.call("list-tags", token="mp_read")
    deployment.call("change-tags", token="mp_admin")
    deployment.call("list-users", token="mp_read")
    deployment.call("sync-templates", token="mp_admin")
    deployment.call("set-subscription-targets", token="mp_admin")
    deployment.call("read-subscription-targets", token="mp_read")
    deployment.call("create-campaign", checked(openid, "text"), token="mp_send")
    use_campaigns(deployment, openid, used)
    assert used.are_those_of("PushFunction")


def use_campaigns(deployment: Deployment, openid: str, used: Used) -> None:
    id_ = make(deployment, **named([openid]))
    make(deployment, **named([f"u{n}" for n in range(600)]))
    deployment.call("create-campaign", CAMPAIGN | {"dry_run": True}, token="mp_send")
    deployment.call("list-campaigns", token="mp_read")
    for step in ("pause", "resume"):
        deployment.call(f"{step}-campaign", token="mp_send", campaign_id=make(deployment))
    ours, keys = set(used.actions), set(used.state_keys)
    deployment.carry_all()
    used.actions &= ours
    used.state_keys &= keys
    for route in ("read-campaign", "list-recipients"):
        deployment.call(route, token="mp_read", campaign_id=id_)
    planned = make(deployment, schedule={"at": "2027-06-01T08:00:00Z"})
    deployment.call("edit-campaign", token="mp_send", campaign_id=planned)
    for route in ("list-campaign-events", "read-campaign-timeline", "read-recipient"):
        deployment.call(route, token="mp_read", campaign_id=planned)
    deployment.call("cancel-campaign", token="mp_send", campaign_id=planned)


def test_the_role_of_the_worker(deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered = {
        "form_ids": [{"form_id": id_} for id_ in wechat.tap(openid, 4)],
        "subscriptions": [{"id": "i", "template_id": "T1", "result": "accept", "long_term": True}],
    }
    deployment.call("add-permits", offered, token="mp_admin", openid=openid)
    subscribe = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}}
    for mode in ("stable", "classic"):
        monkeypatch.setenv("WECHAT_TOKEN_MODE", mode)
        monkeypatch.setenv("MAX_SENDS_PER_SECOND", "1000")
        dismantle()
        make(deployment, **named([openid]))
        make(deployment, message=subscribe)
        used.clear()
        wechat.fault("errcode", path=SEND, errcode=40001)
        wechat.fault("errcode", path=SUBSCRIBE, errcode=47003)
        deployment.carry_all()
    dismantle()
    container().override(worker_settings=replace(WorkerSettings(), first_poll_seconds=0.0))
    wechat.fault("reset_after", path=SUBSCRIBE)
    make(deployment, message=subscribe)
    held = make(deployment, **named([openid]))
    # The request that creates a campaign reads the pool, and no worker does.
    used.state_keys = {key for key in used.state_keys if not key.startswith("pool/")}
    now = milliseconds()
    container().campaigns.take(held, 0, "another", now, now + 60_000)
    deployment.carry_all()
    assert used.are_those_of("CampaignWorkerFunction")


def test_the_role_of_the_schedule(
    deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    for audience in ({"type": "all"}, {"type": "openids", "openids": ["u" + str(n) for n in range(600)]}):
        deployment.fire({"occurrence": audience["type"], "campaign": CAMPAIGN | {"audience": audience}})
    planned = make(deployment, schedule={"at": "2027-06-01T08:00:00Z"})
    with monkeypatch.context() as left_open:
        left_open.setattr(container().campaign_lifecycle, "segment_done", lambda *_: None)
        deployment.carry_all()
    openid, _ = deployment.log_in()
    used.clear()
    deployment.fire({"occurrence": "all", "campaign": CAMPAIGN})
    for mode in ("stable", "classic"):
        monkeypatch.setenv("WECHAT_TOKEN_MODE", mode)
        dismantle()
        deployment.simulator.control.fault("errcode", path=TEXT_CHECK, errcode=40001)
        deployment.fire({"occurrence": mode, "campaign": checked(openid, mode)})
    subscribe = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": "b"}}}
    deployment.fire({"occurrence": "subscribe", "campaign": CAMPAIGN | {"message": subscribe}})
    deployment.fire({"occurrence": "tag", "campaign": CAMPAIGN | {"audience": {"type": "tag", "tag": "vip"}}})
    deployment.fire({"campaign_id": planned})
    deployment.fire({"occurrence": "again", "campaign": CAMPAIGN | named([f"u{n}" for n in range(600)])})
    assert used.are_those_of("CampaignScheduleFunction")


def make(deployment: Deployment, **more: Any) -> str:
    return str(deployment.call("create-campaign", CAMPAIGN | more, token="mp_send").json["id"])


def checked(openid: str, text: str) -> dict[str, Any]:
    message = CAMPAIGN["message"] | {"keywords": [text]}
    return CAMPAIGN | {"message": message, "text_check": {"openid": openid}}


def named(openids: list[str]) -> dict[str, Any]:
    return {"audience": {"type": "openids", "openids": openids}}


def test_the_role_of_the_sweep(deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    wechat = deployment.simulator.control
    openid = wechat.add_user().openid
    offered = {"form_ids": [{"form_id": id_} for id_ in wechat.tap(openid, 1)]}
    deployment.call("add-permits", offered, token="mp_admin", openid=openid)
    make(deployment, schedule={"at": "2027-06-01T08:00:00Z"})
    with monkeypatch.context() as untold:
        untold.setattr(container().campaign_lifecycle, "publish", lambda _: None)
        deployment.call("pause-campaign", token="mp_send", campaign_id=make(deployment))
    used.clear()
    container().override(clock=lambda: 2_000_000_000_000)
    assert deployment.sweep()["removed"] == 1
    assert used.are_those_of("SweepFunction")
