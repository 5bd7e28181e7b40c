"""Each function's role allows what the function does in these tests, and nothing that it doesn't."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any

import boto3
import pytest
from support.centre_inbox import inbox_message
from support.centre_items import CentreItems
from support.deployment import Deployment, LambdaContext, dismantle
from support.pushes import event, push, sent_to, signed
from support.reminders import OPENID, SENDER_APP, ScriptedChannel, rejected, strong_message, verified_channel
from support.ses_events import ses_event
from support.statements import watch, watch_pages
from support.template import FUNCTIONS, statements

from functions.centre import mail_feedback, reminder
from local.simulator.wechat import TEXT_CHECK
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.ports.reminder_channel import Concerns
from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.domain.centre.channels import ChannelStatus
from minipush.domain.centre.inbox import Content, Sender, SenderKind, TextCheck
from minipush.domain.centre.message_ids import CENTRE_REF, key_ref, message_id
from minipush.domain.centre.reminders import ChannelKind, ReminderState, ReminderStatus
from minipush.domain.timestamps import iso

pytestmark = pytest.mark.emulator

# The actions of calls that have another name.
ACTIONS = {"sqs:SendMessageBatch": "sqs:SendMessage"}
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

    def are_allowed_to(self, function: str) -> bool:
        """The role of the function allows all of these; it may allow more, which other tests use."""
        patterns = state_patterns(function)
        assert [key for key in self.state_keys if not any(fnmatch(key, one) for one in patterns)] == []
        assert self.actions - granted(function) == set()
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
    return found - {NO_CALL}


@pytest.fixture
def used(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Used]:
    """The IAM actions behind the calls that collaborators make from here on."""
    found = Used()
    actions = found.actions

    def record_statements(body: str) -> None:
        verbs = {"INSERT INTO": "PartiQLInsert", "UPDATE ": "PartiQLUpdate", "DELETE FROM": "PartiQLDelete"}
        actions.update(f"dynamodb:{action}" for verb, action in verbs.items() if f'"{verb}' in body)

    def record_table_call(operation: str, body: str) -> None:
        found.state_keys.update(state_keys(deployment, json.loads(body)))
        if operation == "BatchExecuteStatement":
            record_statements(body)
        elif operation == "TransactWriteItems":
            verbs = ("Put", "Update", "Delete")
            actions.update(f"dynamodb:{verb}Item" for verb in verbs if f'"{verb}":' in body)
        else:
            actions.add(f"dynamodb:{operation}")

    def record(model: Any, params: dict[str, Any], **_: Any) -> None:
        service, body = model.service_model.service_name, params["body"]
        if service == "dynamodb":
            record_table_call(model.name, body.decode() if isinstance(body, bytes) else str(body))
        else:
            call = f"{service}:{model.name}"
            actions.add(ACTIONS.get(call, call))

    watch(monkeypatch, record_table_call)
    watch_pages(monkeypatch, lambda _: actions.add("s3:PutObject"))
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


def state_keys(deployment: Deployment, request: dict[str, Any]) -> set[str]:
    """Of a DynamoDB call for one item of the State table, or for several in a transaction."""
    writes = request.get("TransactItems", [])
    calls = [next(iter(write.values())) for write in writes] or [request]
    of_state = [call for call in calls if call.get("TableName") == deployment.state]
    return {(call.get("Key") or call["Item"])["id"]["S"] for call in of_state}


def log_in_a_follower(deployment: Deployment) -> None:
    """The official account's half of the user is there before the second log-in."""
    wechat = deployment.simulator.control
    user = wechat.add_user()
    deployment.call("log-in", {"code": user.js_code})
    profile = {"openid": {"S": user.openid}, "sk": {"S": "!profile"}}
    item: Any = container().dynamodb.get_item(TableName=deployment.users, Key=profile)["Item"]
    container().followers.join_follower(item["unionid"]["S"], "o-anna")
    deployment.call("log-in", {"code": wechat.add_user(user.openid).js_code})


def test_the_role_of_collect(deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICIAL_APPID", "wxofficial")
    deployment.simulator.control.configure(unionid=True)
    log_in_a_follower(deployment)
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
    monkeypatch.setenv("OFFICIAL_APPID", "wxofficial")
    monkeypatch.setenv("OFFICIAL_API_BASE", deployment.simulator.url)
    monkeypatch.setenv("OFFICIAL_SECRET_ARN", deployment.environment["WECHAT_SECRET_ARN"])
    monkeypatch.setenv(
        "OFFICIAL_QUEUE_URL", deployment.sqs.create_queue(QueueName="official-of-push")["QueueUrl"]
    )
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
    deployment.call("sync-followers", token="mp_admin")
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


def broadcast(deployment: Deployment, used: Used, openid: str) -> None:
    """To one user, who is reminded. What the request needs is none of the worker's."""
    actions, state_keys = set(used.actions), set(used.state_keys)
    secret = deployment.call("register-app", token="mp_admin").json["secret"]
    items = CentreItems(message_centre().table)
    items.bind(openid, "bAda", "wx5e1f0000c0ffee02")
    items.verify(openid, ChannelKind.BARK)
    id_ = deployment.call("start-broadcast", token=secret).json["id"]
    used.clear()
    used.actions.update(actions)
    used.state_keys.update(state_keys)
    deployment.carry_all()
    assert container().campaigns.segments(id_)


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
    broadcast(deployment, used, openid)
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


def moderated(deployment: Deployment, openid: str, token: str, secret: str) -> None:
    """A complaint, a sanction and an appeal, with a text that waits for its check."""
    appid = deployment.call("read-own-app", token=secret).json["appid"]
    sender, at = Sender(SenderKind.APP, appid, "Shop"), milliseconds()
    waiting = inbox_message(
        "waiting", at, openid=openid, sender=sender, until=at + 60_000, text_check=TextCheck.PENDING
    )
    message_centre().inbox.put(waiting)
    deployment.call("read-inbox", token=token)
    deployment.call("complain", token=token, path={"message_id": waiting.id})
    [case] = deployment.call("list-complaints", token="mp_moderate").json["items"]
    deployment.call("decide-complaint", token="mp_moderate", path={"complaint_id": case["id"]})
    sanction = deployment.call("sanction-app", token="mp_moderate").json["id"]
    about = {"sanction_id": sanction, "text": "no"}
    assert deployment.call("appeal-sanction", about, token=secret).status == 201
    deployment.call("list-appeals", token="mp_moderate")
    assert deployment.call("lift-sanction", token="mp_moderate", path={"sanction_id": sanction}).status == 200
    assert deployment.call("read-record", token="mp_moderate").json["items"]
    app = message_centre().apps.read(appid)
    assert app
    message_centre().check_push_text(replace(app, owner_openid=openid), Content(title="another"))


def test_the_role_of_the_centre(deployment: Deployment, used: Used) -> None:
    openid, token = deployment.log_in()
    message = inbox_message(at=milliseconds() - 1_000, openid=openid)
    message_centre().inbox.put(message)
    used.clear()
    deployment.call("read-inbox", token=token)
    deployment.call("mark-messages-read", {"ids": [message.id]}, token=token)
    deployment.call("delete-messages", {"before": iso(milliseconds())}, token=token)
    secret = deployment.call("register-app", token="mp_admin").json["secret"]
    deployment.call("list-apps", token="mp_read")
    for _ in range(2):
        secret = deployment.call("add-app-secret", token=secret).json["secret"]
    deployment.call("read-own-app", token=secret)
    key = deployment.call("bind-app", token=token).json["key"]
    deployment.call("confirm-binding", token=secret, path={"key": key})
    deployment.call("list-bindings", token=token)
    deployment.call("update-binding", token=token, path={"key": key})
    deployment.call("list-app-bindings", token=secret)
    deployment.call("end-app-binding", token=secret, path={"key": key})
    made = deployment.call("make-personal-key", token=token).json
    deployment.call("update-personal-key", token=token, path={"id": made["id"]})
    deployment.call("delete-personal-key", token=token, path={"id": made["id"]})
    push_and_erase(deployment, openid, token, secret)
    moderated(deployment, openid, token, secret)
    deployment.call("read-my-centre", token=token)
    deployment.call("update-my-centre", token=token)
    deployment.call("list-my-channels", token=token)
    deployment.call("name-my-channel", {"address": "akey"}, token=token, path={"kind": "bark"})
    deployment.call("verify-my-channel", token=token, path={"kind": "bark"})
    deployment.call("remove-my-channel", token=token, path={"kind": "bark"})
    deployment.call("list-channels", token="mp_read")
    for step in ("pause", "resume", "redrive"):
        assert deployment.call(f"{step}-channel", token="mp_admin").status == 200
    assert used.are_allowed_to("CentreFunction")


def push_and_erase(deployment: Deployment, openid: str, token: str, secret: str) -> None:
    """By the routes of apps, and the user's own."""
    items = CentreItems(message_centre().table)
    items.bind(openid, "bAda", "wx5e1f0000c0ffee02")
    items.verify(openid, ChannelKind.BARK)
    for n in range(3):
        body = {"to": {"key": "bAda"}, "title": "t", "id": "order-7"}
        pushed = deployment.call("push-messages", body, token=secret, headers={"idempotency-key": str(n)})
        assert pushed.json["results"][0]["status"] == "stored"
    for schedule in ({}, {"schedule": {"at": iso(milliseconds() + 3_600_000)}}):
        assert deployment.call("start-broadcast", {"title": "t"} | schedule, token=secret).status == 201
    assert deployment.call("start-broadcast", {"title": "t", "dry_run": True}, token=secret).status == 200
    path = {"message_id": pushed.json["results"][0]["message_id"]}
    deployment.call("read-receipt", token=secret, path=path)
    deployment.call("recall-message", token=secret, path=path)
    assert deployment.call("erase-my-centre", token=token).status == 204


def test_the_role_of_pushes_by_key(deployment: Deployment, used: Used) -> None:
    openid, _ = deployment.log_in()
    items = CentreItems(message_centre().table)
    items.make_key(openid, "kAda", level={"S": "strong"})
    used.clear()
    message_centre.cache_clear()
    for kind in ChannelKind:
        items.verify(openid, kind)
        message_centre().preferences.change(openid, {"channels": (kind,)})
        used.clear()
    for change in ({"body": "1"}, {"body": "2"}, {"body": "3"}, {"delete": "1"}):
        answer = deployment.call("push-by-key", {"device_key": "kAda", "id": "job"} | change)
        assert answer.status == 200
    deployment.call("push-by-key", {"device_key": "kAda", "body": "plain"})
    assert used.are_those_of("PushByKeyFunction")


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


@pytest.mark.parametrize(
    ("kind", "ref"), [("Bounce", key_ref("bAda")), ("Complaint", key_ref("bAda")), ("Bounce", CENTRE_REF)]
)
def test_the_role_of_feedback_about_mails(deployment: Deployment, used: Used, kind: str, ref: str) -> None:
    openid, _ = deployment.log_in()
    m, now = message_centre(), milliseconds()
    CentreItems(m.table).bind(openid, "bAda", "wx1")
    sent = strong_message(message_id(now, "one", ref), now, now + 3_600_000)
    state = ReminderState(status=ReminderStatus.SENT, until=now, channel=ChannelKind.EMAIL, provider_id="p-1")
    sent = replace(sent, openid=openid, reminder=state)
    m.inbox.put(sent)
    url = f"https://api.example/centre/unsubscribe?token={m.unsubscribe_tokens.make(sent)}"
    m.channel_store.put(openid, verified_channel(ChannelKind.EMAIL, "ada@example.com"))
    dismantle()
    used.clear()
    event = ses_event(kind, message_id=sent.id, to="ada@example.com", unsubscribe_url=url)
    assert mail_feedback.handler(event, LambdaContext()) == {"recorded": True}
    assert used.are_allowed_to("MailFeedbackFunction")
    [channel] = message_centre().channel_store.read_all(openid)
    assert channel.status is ChannelStatus.DEAD


@pytest.mark.parametrize(
    ("queue", "function"), [("bark", "BarkReminderFunction"), ("wechat", "WeChatReminderFunction")]
)
def test_the_role_of_a_function_of_reminders(
    deployment: Deployment, used: Used, monkeypatch: pytest.MonkeyPatch, queue: str, function: str
) -> None:
    monkeypatch.setenv("REMINDER_QUEUE", queue)
    kind = ChannelKind.BARK if queue == "bark" else ChannelKind.OFFICIAL
    now = milliseconds()
    messages = [strong_message(message_id(now, name), now, now + 3_600_000) for name in ("one", "two")]
    for message in messages:
        message_centre().inbox.put(message)
    message_centre().apps.add(SENDER_APP, "mpa_a-secret")
    message_centre().preferences.change(OPENID, {"channels": (kind, ChannelKind.EMAIL)})
    message_centre().table.put({**key(user_pk(OPENID), "B#wx1"), "level": {"S": "strong"}})
    for one in (kind, ChannelKind.EMAIL):
        message_centre().channel_store.put(OPENID, verified_channel(one))
    dismantle()
    used.clear()
    # The provider is busy: the job comes again. Then the address is dead: the user is told, and the next channel has its turn.
    answers = iter([rejected(Concerns.PROVIDER), rejected(Concerns.ADDRESS)])
    message_centre().override(reminder_channel={kind: ScriptedChannel(kind, script=answers)}.get)
    for message in messages:
        body = json.dumps({"openid": OPENID, "sk": message.place, "queued_at": now})
        records = [{"messageId": "1", "body": body}]
        assert reminder.handler({"Records": records}, LambdaContext()) == {"batchItemFailures": []}
    # A reminder inside WeChat is a direct send, as the role of push tries it.
    assert used.are_allowed_to(function) if queue == "wechat" else used.are_those_of(function)
