"""What every store of users' channels does, and every count of codes."""

from dataclasses import dataclass, replace

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.reminders import MemoryChannels, verified_channel
from support.tables import create_centre_table

from minipush.adapters.cipher import Cipher
from minipush.adapters.dynamodb.centre.channels import DynamoChannels
from minipush.adapters.dynamodb.centre.code_limits import DynamoCodeLimits
from minipush.adapters.dynamodb.centre.inbox import DynamoInboxStore
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.channels import ChannelStore, CodeLimits
from minipush.application.ports.centre.inbox import InboxStore
from minipush.domain.centre.channels import ChannelStatus, DeadReason, OwnershipCode, UserChannel
from minipush.domain.centre.dead_channel_notice import dead_channel_notice
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind

BARK, EMAIL = ChannelKind.BARK, ChannelKind.EMAIL
HOUR = 3_600_000
NOW = 1_800_000_000_000
CODE = OwnershipCode("a-digest", NOW + 600_000)
ADDRESS = ChannelAddress(EMAIL, "anna@example.com")
PENDING = UserChannel(address=ADDRESS, status=ChannelStatus.PENDING, code=CODE)


@dataclass
class Both:
    """A store, the inbox that takes its notices, and a count."""

    store: ChannelStore
    inbox: InboxStore
    limits: CodeLimits


def in_memory() -> Both:
    made = MemoryChannels()
    return Both(made, made.inbox, made)


def in_dynamo(client: DynamoDBClient, name: str | None = None) -> Both:
    table = CentreTable(client, name or create_centre_table(client))
    channels = DynamoChannels(table, Cipher(lambda: "a key"))
    return Both(channels, DynamoInboxStore(table), DynamoCodeLimits(table))


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def both(request: pytest.FixtureRequest) -> Both:
    return in_memory() if request.param == "memory" else in_dynamo(request.getfixturevalue("dynamodb"))


@pytest.fixture
def store(both: Both) -> ChannelStore:
    return both.store


def only(store: ChannelStore, openid: str = "anna") -> UserChannel:
    [channel] = store.read_all(openid)
    return channel


@pytest.mark.parametrize(
    "channel",
    [
        PENDING,
        verified_channel(EMAIL, "anna@example.com", NOW),
        UserChannel(
            address=ChannelAddress(BARK, "aKey", "0123456789abcdef", BarkCipher.GCM),
            status=ChannelStatus.DEAD,
            reason=DeadReason.BOUNCED,
        ),
        UserChannel(address=ChannelAddress(BARK, "aKey", once=True), status=ChannelStatus.VERIFIED),
    ],
)
def test_what_is_put_is_read_by_this_user_alone(store: ChannelStore, channel: UserChannel) -> None:
    store.put("anna", channel)
    assert (only(store), store.read_all("bo")) == (channel, [])


def test_a_channel_takes_the_place_of_the_one_of_its_kind(store: ChannelStore) -> None:
    store.put("anna", verified_channel(EMAIL, "old@example.com"))
    store.put("anna", verified_channel(BARK))
    store.put("anna", PENDING)
    assert {channel.kind: channel for channel in store.read_all("anna")} == {
        BARK: verified_channel(BARK),
        EMAIL: PENDING,
    }


def test_tries_of_a_code_are_counted_up_to_the_most(store: ChannelStore) -> None:
    store.put("anna", PENDING)
    assert [store.take_try("anna", EMAIL, CODE, 2) for _ in range(3)] == [True, True, False]
    assert only(store).code == replace(CODE, tries=2)


def test_a_code_that_another_has_replaced_has_no_tries(store: ChannelStore) -> None:
    store.put("anna", replace(PENDING, code=OwnershipCode("another", CODE.expires_at)))
    assert not store.take_try("anna", EMAIL, CODE, 5)
    assert not store.verify("anna", EMAIL, CODE, NOW)
    assert only(store).status is ChannelStatus.PENDING


def test_a_channel_that_is_not_there_is_neither_tried_nor_verified_nor_killed(store: ChannelStore) -> None:
    assert not store.take_try("anna", EMAIL, CODE, 5)
    assert not store.verify("anna", EMAIL, CODE, NOW)
    assert not store.kill("anna", ADDRESS, DeadReason.REFUSED)
    assert store.read_all("anna") == []


def test_a_channel_is_verified_again_by_the_repeat_of_a_call(store: ChannelStore) -> None:
    store.put("anna", PENDING)
    assert [store.verify("anna", EMAIL, CODE, NOW) for _ in range(2)] == [True, True]
    assert only(store) == replace(verified_channel(EMAIL, "anna@example.com", NOW), code=CODE)


def test_a_dead_channel_has_no_code(store: ChannelStore) -> None:
    store.put("anna", PENDING)
    assert store.kill("anna", ADDRESS, DeadReason.BOUNCED)
    assert only(store).code is None
    assert not store.verify("anna", EMAIL, CODE, NOW)


def test_the_user_is_told_once_that_an_address_died(both: Both) -> None:
    both.store.put("anna", verified_channel(EMAIL, "anna@example.com", NOW))
    notices = [dead_channel_notice("anna", EMAIL, DeadReason.BOUNCED, NOW + n) for n in range(2)]
    assert [both.store.kill("anna", ADDRESS, DeadReason.BOUNCED, notice) for notice in notices] == [
        True,
        False,
    ]
    assert [both.inbox.find("anna", notice.id) for notice in notices] == [notices[0], None]


def test_an_address_lives_on_where_the_user_cannot_be_told(both: Both) -> None:
    both.store.put("anna", verified_channel(EMAIL, "anna@example.com", NOW))
    notice = dead_channel_notice("anna", EMAIL, DeadReason.BOUNCED, NOW)
    assert both.inbox.put(notice)
    assert not both.store.kill("anna", ADDRESS, DeadReason.BOUNCED, notice)
    assert only(both.store).status is ChannelStatus.VERIFIED


def test_an_address_dies_once(store: ChannelStore) -> None:
    store.put("anna", verified_channel(EMAIL, "anna@example.com", NOW))
    assert [store.kill("anna", ADDRESS, DeadReason.REFUSED) for _ in range(2)] == [True, False]
    assert (only(store).status, only(store).reason) == (ChannelStatus.DEAD, DeadReason.REFUSED)


def test_an_address_that_was_changed_since_does_not_die(store: ChannelStore) -> None:
    store.put("anna", verified_channel(EMAIL, "new@example.com", NOW))
    assert not store.kill("anna", ADDRESS, DeadReason.REFUSED)
    assert only(store).status is ChannelStatus.VERIFIED


def test_a_removed_channel_is_gone(store: ChannelStore) -> None:
    store.put("anna", PENDING)
    store.remove("anna", EMAIL)
    store.remove("anna", EMAIL)
    assert store.read_all("anna") == []


def test_codes_are_counted_in_a_moving_window(both: Both) -> None:
    takes = [both.limits.take("a", 2, HOUR, NOW + after) for after in (0, 1000, 2000, HOUR, HOUR + 500)]
    assert takes == [None, None, NOW + HOUR, None, NOW + HOUR + 1000]
    assert both.limits.take("b", 2, HOUR, NOW) is None


@pytest.mark.emulator
def test_no_address_is_in_the_table_in_clear(dynamodb: DynamoDBClient) -> None:
    name = create_centre_table(dynamodb)
    both = in_dynamo(dynamodb, name)
    both.store.put("anna", PENDING)
    both.limits.take("email#anna@example.com", 3, HOUR, NOW)
    assert "example.com" not in str(dynamodb.scan(TableName=name)["Items"])
