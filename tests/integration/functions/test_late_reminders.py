"""What WeChat says late of reminders, from its pushes to the user's inbox: the functions, their tables and the simulator."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.deployment import KEYS, Deployment, LambdaContext
from support.official_account import Official, official_account
from support.pushes import event, push, subscribe
from support.reminders import SENDER_APP, strong_message, verified_channel
from support.simulated_wechat import KilledError

from functions.centre import reminder
from functions.official import worker
from local.simulator.official.account import OFFICIAL_SEND
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.adapters.dynamodb.state.processed_events import DynamoProcessedEvents
from minipush.container.message_centre import message_centre
from minipush.domain.centre.channels import ChannelStatus, DeadReason
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ChannelKind

pytestmark = pytest.mark.emulator

SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"


@pytest.fixture
def wechat_reminders(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of WeChat's channels are offered."""
    templates = {"OFFICIAL_REMINDER_TEMPLATE": "O1", "SUBSCRIBE_REMINDER_TEMPLATE": "T1"}
    deployment.environment |= {"REMINDER_QUEUE": "wechat", **templates}
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    message_centre.cache_clear()
    message_centre().apps.add(SENDER_APP, "mpa_a-secret")


@pytest.fixture
def official(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Iterator[Official]:
    with official_account(deployment, monkeypatch) as made:
        yield made


def remind(openid: str, kind: ChannelKind, address: str) -> str:
    """The place of a message of which the user was reminded by this channel."""
    m, now = message_centre(), milliseconds()
    message = strong_message(message_id(now, "one"), now, now + 3_600_000, openid=openid)
    m.channel_store.put(openid, verified_channel(kind, address))
    m.table.put({**key(user_pk(openid), "B#wx1"), "level": {"S": "strong"}})
    m.inbox.put(message)
    body = json.dumps({"openid": openid, "sk": message.place, "queued_at": now})
    records = [{"messageId": "1", "body": body}]
    assert reminder.handler({"Records": records}, LambdaContext(seconds=20)) == {"batchItemFailures": []}
    return message.place


def outcome(openid: str, place: str) -> tuple[str, str | None]:
    found = message_centre().reminder_store.read(openid, place)
    assert found
    assert found.reminder
    return found.reminder.status, found.reminder.reason


def die(*_: object) -> bool:
    raise KilledError


def arrived(deployment: Deployment, openid: str) -> list[Any]:
    messages = deployment.call("read-user", token=KEYS["read"], openid=openid).json["messages"]
    return [message["status"] for message in messages]


@pytest.mark.parametrize("is_zero", [False, True], ids=["msgid", "zero"])
@pytest.mark.usefixtures("wechat_reminders")
def test_a_reminder_that_its_follower_blocked_is_failed_and_an_earlier_message_is_not(
    official: Official, *, is_zero: bool
) -> None:
    openid = official.follower()
    assert official.send(openid)[0]["status"] == "sent"
    official.push()
    official.control.configure(finish_msgid_zero=is_zero)
    official.control.fault("undelivered", path=OFFICIAL_SEND, errcode=1, error_status="failed:user block")
    [there] = {message["openid"] for message in official.control.messages()}
    place = remind(openid, ChannelKind.OFFICIAL, there)
    assert outcome(openid, place) == ("sent", None)
    official.push()
    assert official.work() == 1
    assert outcome(openid, place) == ("failed", "provider_refused")
    assert arrived(official.deployment, openid) == ["sent"]
    [channel] = message_centre().channel_store.read_all(openid)
    assert (channel.status, channel.reason) == (ChannelStatus.DEAD, DeadReason.REFUSED)
    newest, *_ = message_centre().inbox.page(openid, 0, None, 10).entries
    assert newest.content.title == "提醒渠道已停用"


@pytest.mark.usefixtures("wechat_reminders")
def test_a_worker_that_died_over_a_failure_blames_no_earlier_message(
    official: Official, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event has no msgid, and the queue hands it out again."""
    openid = official.follower()
    assert official.send(openid)[0]["status"] == "sent"
    official.push()
    official.control.configure(finish_msgid_zero=True)
    official.control.fault("undelivered", path=OFFICIAL_SEND, errcode=1, error_status="failed: system failed")
    [there] = {message["openid"] for message in official.control.messages()}
    place = remind(openid, ChannelKind.OFFICIAL, there)
    official.push()
    with monkeypatch.context() as dying:
        dying.setattr(worker, "HIDDEN_SECONDS", 0)
        dying.setattr(DynamoProcessedEvents, "add", die)
        with pytest.raises(KilledError):
            official.work()
    assert official.work() == 1
    assert outcome(openid, place) == ("failed", "provider_unavailable")
    assert arrived(official.deployment, openid) == ["sent"]


@pytest.mark.usefixtures("wechat_reminders")
@pytest.mark.parametrize(("errcode", "status"), [("0", "sent"), ("43101", "failed")])
def test_a_reminder_in_doubt_is_what_wechat_says(deployment: Deployment, errcode: str, status: str) -> None:
    openid = subscribe(deployment)
    deployment.simulator.control.fault(action="reset_after", path=SUBSCRIBE_SEND, times=1)
    place = remind(openid, ChannelKind.SUBSCRIBE, openid)
    assert outcome(openid, place)[0] == "unknown"
    [taken] = deployment.simulator.control.messages(openid)
    entry = {"TemplateId": "T1", "MsgID": str(taken["msgid"]), "ErrorCode": errcode, "ErrorStatus": "x"}
    assert push(deployment, event(openid, "sent", **entry)) == 200
    assert outcome(openid, place)[0] == status


@pytest.mark.usefixtures("wechat_reminders")
def test_a_reminder_that_wechat_accepted_and_could_not_deliver_is_failed(deployment: Deployment) -> None:
    openid = subscribe(deployment)
    place = remind(openid, ChannelKind.SUBSCRIBE, openid)
    assert outcome(openid, place) == ("sent", None)
    [taken] = deployment.simulator.control.messages(openid)
    entry = {"TemplateId": "T1", "MsgID": str(taken["msgid"]), "ErrorCode": "43101", "ErrorStatus": "x"}
    assert push(deployment, event(openid, "sent", **entry)) == 200
    assert outcome(openid, place) == ("failed", "provider_refused")
