"""Reminders in inbox items: in memory and in DynamoDB alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.httpsession import URLLib3Session
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre_inbox import MemoryInbox
from support.reminders import OPENID, InboxReminders, MemoryReminderStore, strong_message
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.reminders import DynamoReminders
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.application.ports.centre.reminder_store import ReminderStore
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus

AT = 1_800_000_000_000
QUEUED = ReminderState(status=ReminderStatus.QUEUED, until=AT + 3_600_000)
MESSAGE = replace(strong_message("1kceo5b00o" + "a" * 22, at=AT), reminder=QUEUED)
CLAIMED = replace(
    QUEUED,
    status=ReminderStatus.CLAIMED,
    channel=ChannelKind.SMS,
    tried=(ChannelKind.BARK, ChannelKind.EMAIL),
    in_doubt=(ChannelKind.EMAIL,),
    owner="an-owner",
    lease_until=AT + 30_000,
    first_try=AT,
    tries=2,
    finds=1,
    reason=ReminderReason.PROVIDER_REFUSED,
)
SENT = ReminderState(
    status=ReminderStatus.SENT,
    until=QUEUED.until,
    channel=ChannelKind.SMS,
    owner="an-owner",
    provider_id="biz-1",
    official_try=AT,
    late_report="2@1800000005000",
)


@dataclass
class Case:
    store: ReminderStore
    sk: str

    @property
    def message(self) -> InboxMessage:
        message = self.store.read(OPENID, self.sk)
        assert message
        return message


def in_memory() -> Case:
    store = MemoryReminderStore()
    return Case(store, store.put(MESSAGE))


def in_inbox() -> Case:
    inbox = MemoryInbox()
    inbox.put(MESSAGE)
    return Case(InboxReminders(inbox), MESSAGE.place)


def in_dynamo(client: DynamoDBClient, name: str | None = None) -> Case:
    table = CentreTable(client, name or create_centre_table(client))
    DynamoInboxStore(table).put(MESSAGE)
    return Case(DynamoReminders(table), MESSAGE.place)


@pytest.fixture(params=["memory", "inbox", pytest.param("dynamodb", marks=pytest.mark.emulator)])
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "dynamodb":
        return in_dynamo(request.getfixturevalue("dynamodb"))
    return in_memory() if request.param == "memory" else in_inbox()


def test_a_message_is_read_with_its_reminder(case: Case) -> None:
    assert case.message == MESSAGE
    assert case.store.read("another", case.sk) is None
    assert case.store.read(OPENID, "I#1#none") is None


@pytest.mark.parametrize("state", [CLAIMED, SENT])
def test_a_change_is_written_whole_and_leaves_the_message(case: Case, state: ReminderState) -> None:
    assert case.store.change(OPENID, case.sk, QUEUED, state)
    assert case.message == replace(MESSAGE, reminder=state)


def test_what_a_state_no_longer_has_is_removed(case: Case) -> None:
    case.store.change(OPENID, case.sk, QUEUED, CLAIMED)
    assert case.store.change(OPENID, case.sk, CLAIMED, SENT)
    assert case.message.reminder == SENT


@pytest.mark.parametrize(
    "seen",
    [
        QUEUED,
        replace(CLAIMED, owner="another"),
        replace(CLAIMED, lease_until=1),
        replace(CLAIMED, status=ReminderStatus.WAITING),
    ],
)
def test_who_saw_another_state_changes_nothing(case: Case, seen: ReminderState) -> None:
    case.store.change(OPENID, case.sk, QUEUED, CLAIMED)
    assert not case.store.change(OPENID, case.sk, seen, SENT)
    assert case.message.reminder == CLAIMED


def test_a_message_that_is_not_there_is_not_made(case: Case) -> None:
    assert not case.store.change(OPENID, "I#1#none", QUEUED, CLAIMED)
    assert case.store.read(OPENID, "I#1#none") is None


def test_of_many_workers_one_claims(case: Case) -> None:
    def claim(number: int) -> bool:
        return case.store.change(OPENID, case.sk, QUEUED, replace(CLAIMED, owner=f"owner-{number}"))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(claim, range(8))).count(True) == 1


@pytest.mark.emulator
def test_a_deleted_message_keeps_its_reminder(dynamodb: DynamoDBClient) -> None:
    name = create_centre_table(dynamodb)
    case = in_dynamo(dynamodb, name)
    DynamoInboxStore(CentreTable(dynamodb, name)).delete(MESSAGE)
    assert case.message.is_deleted
    assert case.store.change(OPENID, case.sk, QUEUED, SENT)
    assert (case.message.is_deleted, case.message.reminder) == (True, SENT)


@pytest.mark.emulator
def test_a_write_whose_answer_was_lost_is_known_by_its_owner(
    dynamodb: DynamoDBClient, aws_endpoint: str
) -> None:
    """The SDK repeats it, and the repeat finds the condition broken by the first try."""
    client = plain_json_session().client(
        "dynamodb",
        endpoint_url=aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    case = in_dynamo(client)
    wire = URLLib3Session()
    lost: list[object] = []

    def lose_first(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        if lost:
            return None
        lost.append(wire.send(request))
        return AWSResponse(request.url, 500, HTTPHeaders(), Empty())

    events: Any = client.meta.events
    events.register("before-send.dynamodb.UpdateItem", lose_first)
    assert case.store.change(OPENID, case.sk, QUEUED, CLAIMED)
    assert len(lost) == 1
    assert case.message.reminder == CLAIMED


class Empty:
    def stream(self) -> list[bytes]:
        return [b"{}"]
