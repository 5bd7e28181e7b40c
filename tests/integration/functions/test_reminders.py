"""The functions of reminders, with recorded messages of their queues and real tables and queues."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from support.deployment import Deployment, LambdaContext
from support.http_app import request
from support.reminders import SENDER_APP, ScriptedChannel, rejected, strong_message, verified_channel

from functions.centre import app, reminder
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.reminder_channel import Concerns
from minipush.container import container
from minipush.container.message_centre import MessageCentre, message_centre
from minipush.domain.centre.channels import ChannelStatus
from minipush.domain.centre.inbox import InboxMessage, SenderKind
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import (
    ChannelKind,
    ReminderQueueName,
    ReminderReason,
    ReminderState,
    ReminderStatus,
)
from minipush.domain.sending import Sending

pytestmark = pytest.mark.emulator

BARK, EMAIL, SMS = ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS
OPENID = "anna"
WRITES = {"PutItem", "UpdateItem", "DeleteItem"}

type CountWrites = Callable[[], Counter[str]]


def bind(openid: str) -> None:
    """The sender of the messages may remind this user."""
    message_centre().table.put({**key(user_pk(openid), "B#wx1"), "level": {"S": "strong"}})


class Case:
    """A user with verified channels, and their providers."""

    def __init__(self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
        self.deployment = deployment
        self._patch = monkeypatch
        monkeypatch.setenv("PUBLIC_URL", "https://api.example")
        message_centre.cache_clear()
        self.channels = {kind: ScriptedChannel(kind) for kind in (BARK, EMAIL, SMS)}
        for kind in self.channels:
            self.centre.channel_store.put(OPENID, verified_channel(kind))
        bind(OPENID)
        self.centre.apps.add(SENDER_APP, "mpa_a-secret")

    @property
    def centre(self) -> MessageCentre:
        m = message_centre()
        m.override(reminder_channel=self.channels.get)
        return m

    def push(self, name: str = "one") -> InboxMessage:
        """The job first, then the message, as a push does."""
        now = milliseconds()
        message = strong_message(message_id(now, name), now, now + 3_600_000, openid=OPENID)
        self.centre.reminder_queue.add(BARK, message)
        self.centre.inbox.put(message)
        return message

    def state(self, message: InboxMessage) -> ReminderState:
        found = self.centre.reminder_store.read(OPENID, message.place)
        assert found
        assert found.reminder
        return found.reminder

    def run(self, queue: ReminderQueueName) -> list[str]:
        """The function of this queue gets what is there. The bodies of the messages that failed."""
        url = self.centre.settings.queue_urls[queue]
        sqs = self.deployment.sqs
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        self._patch.setenv("REMINDER_QUEUE", queue)
        message_centre.cache_clear()
        _ = self.centre
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
        answer = reminder.handler({"Records": records}, LambdaContext(seconds=20))
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        for one in messages:
            if one["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [one["Body"] for one in messages if one["MessageId"] in failed]

    def run_chain(self) -> None:
        for queue in (ReminderQueueName.BARK, ReminderQueueName.EMAIL, ReminderQueueName.SMS):
            assert self.run(queue) == []


@pytest.fixture
def case(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Case:
    return Case(deployment, monkeypatch)


@pytest.fixture
def count_writes(deployment: Deployment) -> CountWrites:
    """Writes to all tables from the call on, by operation."""

    def begin() -> Counter[str]:
        writes: Counter[str] = Counter()

        def before_call(model: Any, **_: Any) -> None:
            if model.name in WRITES:
                writes[model.name] += 1

        container().dynamodb.meta.events.register("before-call.dynamodb", before_call)
        return writes

    return begin


def test_a_strong_message_that_arrives_at_its_first_channel_costs_three_writes(
    case: Case, count_writes: CountWrites
) -> None:
    writes = count_writes()
    message = case.push()
    assert case.run(ReminderQueueName.BARK) == []
    assert (case.state(message).status, writes.total()) == (ReminderStatus.SENT, 3)


def test_each_further_channel_costs_one_write(case: Case, count_writes: CountWrites) -> None:
    for kind in (BARK, EMAIL):
        case.channels[kind].script = iter([rejected(Concerns.MESSAGE)])
    writes = count_writes()
    message = case.push()
    case.run_chain()
    state = case.state(message)
    assert (state.status, state.channel, state.tried) == (ReminderStatus.SENT, SMS, (BARK, EMAIL))
    assert writes.total() == 3 + 2


def test_dead_addresses_are_told_in_the_inbox_once_each(case: Case) -> None:
    """Also where two reminders find out at the same time."""
    for kind in (BARK, EMAIL):
        case.channels[kind].script = iter([rejected(Concerns.ADDRESS)] * 2)
    for name in ("one", "two"):
        case.push(name)
    case.run_chain()
    assert len(case.channels[SMS].taken) == 2
    page = case.centre.inbox.page(OPENID, 0, None, 20)
    told = [m.content.body for m in page.entries if m.sender.kind is SenderKind.CENTRE]
    assert len(told) == 2
    assert {c.kind: c.status for c in case.centre.channel_store.read_all(OPENID)} == {
        BARK: ChannelStatus.DEAD,
        EMAIL: ChannelStatus.DEAD,
        SMS: ChannelStatus.VERIFIED,
    }


def test_the_red_switch_stops_reminders_until_it_is_on_again(case: Case) -> None:
    """Also the next channel of the user's order has to wait."""
    switch = container().sending_switch
    switch.turn(Sending(enabled=False, reason="wrong template"))
    message = case.push()
    case.run_chain()
    assert [channel.calls for channel in case.channels.values()] == [[], [], []]
    assert case.state(message).status is ReminderStatus.QUEUED
    switch.turn(Sending())
    case.centre.reminder_queue.add(BARK, message)
    case.run_chain()
    assert len(case.channels[BARK].calls) == 1
    assert case.state(message).status is ReminderStatus.SENT
    assert not case.centre.channel_health.read(BARK).breakers


def test_a_message_that_cannot_be_read_fails_alone(case: Case) -> None:
    message = case.push()
    url = case.centre.settings.queue_urls[ReminderQueueName.BARK]
    case.deployment.sqs.send_message(QueueUrl=url, MessageBody="nonsense")
    assert case.run(ReminderQueueName.BARK) == ["nonsense"]
    assert case.state(message).status is ReminderStatus.SENT


def test_a_job_whose_table_fails_stays_in_the_queue(case: Case) -> None:
    message = case.push()
    url = case.centre.settings.queue_urls[ReminderQueueName.BARK]
    body = json.dumps({"openid": OPENID, "sk": message.place, "queued_at": milliseconds()})
    case.deployment.sqs.purge_queue(QueueUrl=url)
    case.deployment.sqs.send_message(QueueUrl=url, MessageBody=body)
    container().dynamodb.delete_table(TableName=case.centre.settings.table)
    assert case.run(ReminderQueueName.BARK) == [body]


def test_an_address_s_code_goes_out_and_comes_back(case: Case, deployment: Deployment) -> None:
    codes: list[str] = []

    class Box(ScriptedChannel):
        async def send_code(self, code: str, *about: Any) -> Any:
            codes.append(code)
            return await super().send_code(code, *about)

    case.channels[EMAIL] = Box(EMAIL)
    openid, token = deployment.log_in()
    _ = case.centre
    path = {"kind": "email"}
    named = deployment.call("name-my-channel", {"address": "bo@example.com"}, token=token, path=path)
    assert (named.status, named.json["address"]) == (202, "b****@example.com")
    verified = deployment.call("verify-my-channel", {"code": codes[0]}, token=token, path=path)
    assert (verified.status, verified.json["status"]) == (200, "verified")
    listed = deployment.call("list-my-channels", token=token)
    assert [one["status"] for one in listed.json["items"]] == ["verified"]
    assert deployment.call("remove-my-channel", token=token, path=path).status == 204
    assert case.centre.channel_store.read_all(openid) == []


def test_a_link_in_a_mail_mutes_the_sender(case: Case) -> None:
    case.push()
    assert case.run(ReminderQueueName.BARK) == []
    url = case.channels[BARK].taken[0].unsubscribe_url
    assert url
    assert url.startswith("https://api.example/centre/unsubscribe?token=")
    token = url.partition("=")[2]
    for method, is_muted in (("GET", False), ("POST", True)):
        event = request(
            f"{method} /centre/unsubscribe",
            "List-Unsubscribe=One-Click" if method == "POST" else None,
            token=None,
            query={"token": token},
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert app.handler(event, LambdaContext())["statusCode"] == 200
        message = case.push(method)
        assert case.run(ReminderQueueName.BARK) == []
        assert (case.state(message).reason is ReminderReason.DO_NOT_DISTURB) is is_muted


@pytest.mark.parametrize(
    ("name", "reason"),
    [("banned_until", ReminderReason.APP_BANNED), ("hold_until", ReminderReason.APP_HELD)],
)
def test_an_app_that_is_stopped_while_its_job_is_queued_reminds_nobody(
    case: Case, name: str, reason: ReminderReason
) -> None:
    message = case.push()
    where = key("app#wx1", "!meta")
    later = {name: {"N": str(milliseconds() + 60_000)}}
    case.centre.table.update(where, update("", {}, later))
    assert case.run(ReminderQueueName.BARK) == []
    assert case.channels[BARK].calls == []
    assert case.state(message).reason is reason
