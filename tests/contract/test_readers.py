"""What stands before a user's inbox decides about reminders: in memory and in DynamoDB alike."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre import MemoryPreferences
from support.reminders import MemoryChannels, MemoryReaders, verified_channel
from support.tables import create_centre_table

from minipush.adapters.cipher import Cipher
from minipush.adapters.dynamodb.centre.channels import DynamoChannels
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.adapters.dynamodb.centre.preferences import DynamoPreferences
from minipush.adapters.dynamodb.centre.readers import DynamoReaders
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.channels import ChannelStore
from minipush.application.ports.centre.preferences import PreferenceStore
from minipush.application.ports.centre.readers import Reader, ReaderStore
from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown, Preferences
from minipush.domain.centre.reminders import ChannelKind

NOW = 1_800_000_000_000
SHOP = Sender(SenderKind.APP, "wx-shop", "Shop")
SCRIPT = Sender(SenderKind.KEY, "abcdefghijkl", "cron")
CENTRE = Sender(SenderKind.CENTRE, "", "")


@dataclass
class Case:
    """`bind` and `add_key` put what binding and making a key put."""

    readers: ReaderStore
    preferences: PreferenceStore
    channels: ChannelStore
    table: CentreTable | None = None
    memory: MemoryReaders | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def bind(self, level: Level, dnd: DoNotDisturb | None = None) -> None:
        if self.memory:
            self.memory.senders["anna", SHOP.kind, SHOP.id] = (level, dnd, None)
        else:
            self._put("B#wx-shop", level, {} if dnd is None else {"dnd": {"N": str(dnd.until or 0)}})

    def add_key(self, level: Level, *, is_paused: bool = False, expires_at: int | None = None) -> None:
        if self.memory:
            ends = 0 if is_paused else expires_at
            self.memory.senders["anna", SCRIPT.kind, SCRIPT.id] = (level, None, ends)
        else:
            paused = {"paused": {"BOOL": is_paused}}
            expires = {} if expires_at is None else {"expires_at": {"N": str(expires_at)}}
            self._put("K#abcdefghijkl", level, paused | expires)

    def _put(self, sk: str, level: Level, attributes: dict[str, Any]) -> None:
        assert self.table
        self.table.put({**key(user_pk("anna"), sk), "level": {"S": level.value}, **attributes})

    def read(self, sender: Sender = SHOP) -> Reader:
        return self.readers.read("anna", sender, NOW)


def in_memory() -> Case:
    preferences, channels = MemoryPreferences(), MemoryChannels()
    readers = MemoryReaders(preferences, channels)
    return Case(readers, preferences, channels, memory=readers)


def in_dynamo(client: DynamoDBClient) -> Case:
    table = CentreTable(client, create_centre_table(client))
    channels = DynamoChannels(table, Cipher(lambda: "a key"))
    return Case(DynamoReaders(table, channels), DynamoPreferences(table), channels, table=table)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def case(request: pytest.FixtureRequest) -> Case:
    return in_memory() if request.param == "memory" else in_dynamo(request.getfixturevalue("dynamodb"))


def test_a_sender_who_is_not_bound_may_nothing(case: Case) -> None:
    for sender in (SHOP, SCRIPT, CENTRE):
        assert case.read(sender) == Reader(preferences=Preferences(), channels=[], level=Level.NONE)


def test_preferences_and_channels_are_read_together(case: Case) -> None:
    chosen = {"channels": (ChannelKind.SMS,), "on_unknown": OnUnknown.STOP}
    preferences = case.preferences.change("anna", chosen)
    channels = [verified_channel(kind, at=1) for kind in (ChannelKind.BARK, ChannelKind.SMS)]
    for channel in channels:
        case.channels.put("anna", channel)
    case.channels.put("bo", verified_channel(ChannelKind.EMAIL))
    case.bind(Level.STRONG)
    reader = case.read()
    assert (reader.preferences, [*reader.channels], reader.level) == (preferences, channels, Level.STRONG)


@pytest.mark.parametrize("dnd", [None, DoNotDisturb(), DoNotDisturb(NOW + 1)])
def test_a_binding_s_level_and_mute_are_read(case: Case, dnd: DoNotDisturb | None) -> None:
    case.bind(Level.WEAK, dnd)
    assert (case.read().level, case.read().do_not_disturb) == (Level.WEAK, dnd)


def test_a_personal_key_s_level_is_read(case: Case) -> None:
    case.add_key(Level.STRONG, expires_at=NOW + 1)
    assert case.read(SCRIPT).level is Level.STRONG


def test_a_key_that_is_paused_or_has_expired_reminds_nobody(case: Case) -> None:
    case.add_key(Level.STRONG, is_paused=True)
    assert case.read(SCRIPT).level is Level.NONE
    case.add_key(Level.STRONG, expires_at=NOW)
    assert case.read(SCRIPT).level is Level.NONE


def test_a_muted_binding_stays_bound(case: Case) -> None:
    case.bind(Level.STRONG)
    case.readers.mute("anna", SHOP.kind, SHOP.id)
    assert (case.read().level, case.read().do_not_disturb) == (Level.STRONG, DoNotDisturb())


def test_a_muted_key_stores_without_a_reminder(case: Case) -> None:
    case.add_key(Level.STRONG)
    case.readers.mute("anna", SCRIPT.kind, SCRIPT.id)
    assert case.read(SCRIPT).level is Level.WEAK


def test_muting_raises_no_level(case: Case) -> None:
    case.add_key(Level.NONE)
    case.readers.mute("anna", SCRIPT.kind, SCRIPT.id)
    assert case.read(SCRIPT).level is Level.NONE


def test_a_sender_that_is_gone_is_not_made_by_muting_it(case: Case) -> None:
    for sender in (SHOP, SCRIPT):
        case.readers.mute("anna", sender.kind, sender.id)
        assert case.read(sender).level is Level.NONE
