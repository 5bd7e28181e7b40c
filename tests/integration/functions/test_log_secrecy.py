"""What the functions log names no user, and shows no credential and no text: requests, campaigns, events, failures."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from support.centre_items import CentreItems
from support.deployment import CALLBACK, Deployment, LambdaContext, dismantle
from support.pushes import event, push, sent_to, subscribe
from support.reminders import SENDER_APP, ScriptedChannel, strong_message, verified_channel

from functions.centre import reminder
from functions.sweep import app as sweep
from minipush.adapters.clock import milliseconds
from minipush.container import container
from minipush.container.message_centre import message_centre
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderQueueName
from minipush.domain.ids import user_hash

pytestmark = pytest.mark.emulator

TEXT = "your-test-result-is-positive"
BINDING_KEY, PERSONAL_KEY = "bKeyOfAda0123456789", "kKeyOfAda0123456789"
APPID = "wx5e1f0000c0ffee02"
ADDRESS = "https://api.day.app/aDeviceKeyOfAda"
SUBSCRIBE = {"type": "subscribe", "template_id": "T1", "data": {"thing1": {"value": TEXT[:20]}}}


class Log:
    """What the process writes, at every level."""

    def __init__(self) -> None:
        self._written = io.StringIO()
        self.follow()

    def follow(self) -> None:
        """Write what a new container logs, too."""
        container()
        logger: Any = logging.getLogger("minipush")
        assert logger.handlers == [logger.powertools_handler], logger.handlers
        handler: Any = logger.powertools_handler
        logger.setLevel(logging.DEBUG)
        handler.setStream(self._written)

    @property
    def text(self) -> str:
        return self._written.getvalue()

    def said(self, message: str) -> dict[str, Any]:
        """The last line whose message begins so."""
        lines = [json.loads(line) for line in self.text.splitlines()]
        found: dict[str, Any] = [line for line in lines if line["message"].startswith(message)][-1]
        return found

    def hides(self, *planted: str) -> bool:
        return [each for each in planted if each in self.text] == []


@pytest.fixture
def log(deployment: Deployment) -> Log:
    return Log()


@pytest.fixture
def secrets(deployment: Deployment) -> tuple[str, ...]:
    keys = ("mp_send", "mp_read", "mp_admin", "s" * 64, "e" * 64)
    return (deployment.simulator.secret, *CALLBACK.values(), *keys)


class Failing:
    """A collaborator whose errors quote what it was called with."""

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            raise ValueError(f"{name} failed for {given} {named}")

        return call


def test_mini_programs(deployment: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    user = deployment.simulator.control.add_user()
    token = deployment.call("log-in", {"code": user.js_code}).json["token"]
    reported = {"form_ids": [{"form_id": "aFormIdOfAda"}], "subscriptions": "not a list"}
    assert deployment.call("collect-permits", reported, token=token).status == 422
    assert deployment.call("log-in", {"code": "a-code-that-nobody-has"}).status == 401
    assert deployment.call("read-me", token="a-token-that-is-wrong").status == 401
    assert log.said("answered")["status"] == 401
    planted = (user.openid, user.js_code, token, "aFormIdOfAda", "a-code-that-nobody", "a-token-that-is")
    assert log.hides(*planted, *secrets)


def test_a_direct_send_that_wechat_refuses(
    deployment: Deployment, log: Log, secrets: tuple[str, ...]
) -> None:
    openid = subscribe(deployment)
    deployment.simulator.control.fault("errcode", errcode=47003, path="/cgi-bin/message/subscribe/send")
    sent = deployment.call("send-messages", SUBSCRIBE | {"touser": [openid, "nobody"]}, token="mp_send")
    assert [one["status"] for one in sent.json["results"]] == ["failed", "skipped"]
    refused = log.said("the provider refused a message")
    assert refused["user"] == user_hash(openid)
    assert refused["request_id"] == "VQ3hViGkyQ0EJsA="
    assert refused["errcode"] == 47003
    assert refused["rid"]
    assert refused["errmsg"]
    assert log.hides(openid, TEXT[:20], *secrets)


def test_a_campaign(deployment: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    openids = [subscribe(deployment) for _ in range(3)]
    deployment.simulator.control.fault("errcode", errcode=43101, path="/cgi-bin/message/subscribe/send")
    audience = {"type": "openids", "openids": [*openids, "nobody"]}
    plan = {"name": "a campaign", "message": SUBSCRIBE, "audience": audience}
    id_ = deployment.call("create-campaign", plan, token="mp_send").json["id"]
    deployment.carry_all()
    for message in ("the provider refused a message", "a segment was run", "a campaign changed its status"):
        assert log.said(message)["campaign_id"] == id_
    refused = log.said("the provider refused a message")
    assert refused["user"] in {user_hash(openid) for openid in openids}
    assert refused["segment"] == 0
    assert log.hides(*openids, TEXT[:20], *secrets)


def test_wechats_callback(deployment: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    sent = sent_to(deployment)
    late = {"TemplateId": "T1", "MsgID": sent.msgid, "ErrorCode": "43101", "ErrorStatus": "failed"}
    assert push(deployment, event(sent.openid, "sent", **late)) == 200
    assert log.said("WeChat accepted a message and could not deliver it")["user"] == user_hash(sent.openid)
    assert log.said("a delivery failure was recorded")["user"] == user_hash(sent.openid)
    forged = {"FromUserName": sent.openid, "Content": TEXT}
    query = {"signature": "aForgedSignature", "timestamp": "1", "nonce": "aNonce"}
    assert deployment.call("receive-wechat-event", forged, query=query).status == 403
    assert log.said("a push was refused")
    assert log.hides(sent.openid, TEXT, "aForgedSignature", *secrets)


def test_pushes_into_inboxes(deployment: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    openid, token = deployment.log_in()
    secret = str(deployment.call("register-app", token="mp_admin").json["secret"])
    items = CentreItems(message_centre().table)
    items.bind(openid, BINDING_KEY, APPID)
    items.verify(openid, ChannelKind.BARK)
    items.make_key(openid, PERSONAL_KEY)
    wanted = {"to": {"key": BINDING_KEY}, "title": TEXT, "body": TEXT}
    assert deployment.call("push-messages", wanted, token=secret).json["results"][0]["status"] == "stored"
    by_key = {"device_key": PERSONAL_KEY, "title": TEXT}
    assert deployment.call("push-by-key", by_key).status == 200
    wrong = {"device_key": "kNobodyHasThisKey012", "title": TEXT}
    assert deployment.call("push-by-key", wrong).status == 400
    assert len(deployment.call("read-inbox", token=token).json["items"]) == 2
    container().dynamodb.delete_table(TableName=message_centre().settings.table)
    assert deployment.call("push-messages", wanted, token=secret).status == 503
    assert deployment.call("push-by-key", by_key).status >= 500
    assert "ResourceNotFoundException" in log.text
    keys = (BINDING_KEY, PERSONAL_KEY, "kNobodyHasThisKey012", f"o-{openid}")
    assert log.hides(openid, token, secret, TEXT, *keys, *secrets)


def test_reminders(deployment: Deployment, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ScriptedChannel):
        async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> Any:
            raise ValueError(f"could not send {reminder} to {address} {ADDRESS}")

    monkeypatch.setenv("PUBLIC_URL", "https://api.example")
    monkeypatch.setenv("REMINDER_QUEUE", ReminderQueueName.BARK)
    message_centre.cache_clear()
    centre, openid = message_centre(), deployment.log_in()[0]
    centre.override(reminder_channel={ChannelKind.BARK: Broken(ChannelKind.BARK)}.get)
    channel = verified_channel(ChannelKind.BARK)
    centre.channel_store.put(openid, channel)
    CentreItems(centre.table).bind(openid, BINDING_KEY, SENDER_APP.appid)
    centre.apps.add(SENDER_APP, "mpa_a-secret")
    now = milliseconds()
    message = strong_message(message_id(now, "one"), now, now + 3_600_000, openid=openid)
    centre.inbox.put(message)
    job = json.dumps({"openid": openid, "sk": message.place, "queued_at": now})
    records = {"Records": [{"messageId": "m", "body": job}, {"messageId": "n", "body": f"no job {openid}"}]}
    context = LambdaContext(seconds=20)
    reminder.handler(records, context)
    failed = log.said("a channel failed")
    assert failed["request_id"] == context.aws_request_id
    assert failed["exception"].endswith("ValueError")
    address = channel.address.text if hasattr(channel.address, "text") else str(channel.address)
    content = (message.content.title, message.content.body)
    assert log.hides(openid, ADDRESS, address, "mpa_a-secret", *filter(None, content))


@pytest.fixture
def blind(deployment: Deployment, log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """A deployment without its users table."""
    monkeypatch.setenv("USERS_TABLE", "gone")
    dismantle()
    log.follow()
    yield deployment
    dismantle()


def test_a_table_that_is_gone(blind: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    openid = blind.simulator.control.add_user().openid
    sent = blind.call("send-messages", SUBSCRIBE | {"touser": openid}, token="mp_send")
    assert sent.status == 503
    assert push(blind, event(openid, "change", TemplateId="T1", SubscribeStatusString="reject")) == 500
    context = LambdaContext(seconds=840)
    with pytest.raises(Exception, match="ResourceNotFound"):
        sweep.handler({}, context)
    assert "ResourceNotFoundException" in log.said("the store failed for one recipient")["exception"]
    assert log.said("the store failed for one recipient")["user"] == user_hash(openid)
    assert log.hides(openid, TEXT[:20], *secrets)


def test_errors_that_quote_a_request(deployment: Deployment, log: Log, secrets: tuple[str, ...]) -> None:
    openid, token = deployment.log_in()
    container().override(users=Failing(), ledger=Failing())
    sent = deployment.call("send-messages", SUBSCRIBE | {"touser": openid}, token="mp_send")
    assert sent.status == 500
    assert deployment.call("read-me", token=token).status == 500
    failed = log.said("a request failed")
    assert failed["exception_name"] == "ValueError"
    assert failed["exception"].endswith("ValueError")
    assert "in call" in failed["exception"]
    assert log.hides(openid, token, TEXT[:20], *secrets)
