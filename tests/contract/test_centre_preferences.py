"""What every store of preferences does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre import MemoryPreferences
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.preferences import DynamoPreferences
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.preferences import PreferenceStore
from minipush.domain.centre.preferences import DoNotDisturb, OnUnknown, Preferences
from minipush.domain.centre.reminders import ChannelKind


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> PreferenceStore:
    if request.param == "memory":
        return MemoryPreferences()
    client = request.getfixturevalue("dynamodb")
    return DynamoPreferences(CentreTable(client, create_centre_table(client)))


def test_who_set_nothing_has_the_defaults(store: PreferenceStore) -> None:
    assert store.read("anna") == Preferences()


@pytest.mark.parametrize(
    ("changes", "preferences"),
    [
        (
            {"channels": (ChannelKind.SMS, ChannelKind.BARK), "receipts": True},
            Preferences(channels=(ChannelKind.SMS, ChannelKind.BARK), receipts=True),
        ),
        (
            {"channels": (), "on_unknown": OnUnknown.STOP},
            Preferences(channels=(), on_unknown=OnUnknown.STOP),
        ),
        (
            {"do_not_disturb": DoNotDisturb(1_796_000_000_000)},
            Preferences(do_not_disturb=DoNotDisturb(1_796_000_000_000)),
        ),
        ({"do_not_disturb": DoNotDisturb()}, Preferences(do_not_disturb=DoNotDisturb())),
        ({"do_not_disturb": None}, Preferences()),
        ({}, Preferences()),
    ],
)
def test_what_a_user_changes_is_read_of_this_user_alone(
    store: PreferenceStore, changes: dict[str, Any], preferences: Preferences
) -> None:
    assert store.change("anna", changes) == preferences
    assert (store.read("anna"), store.read("bo")) == (preferences, Preferences())


def test_a_change_leaves_the_other_fields_as_they_are(store: PreferenceStore) -> None:
    store.change("anna", {"do_not_disturb": DoNotDisturb(), "on_unknown": OnUnknown.STOP})
    assert store.change("anna", {"receipts": True, "do_not_disturb": None}) == Preferences(
        on_unknown=OnUnknown.STOP, receipts=True
    )


@pytest.mark.emulator
def test_of_changes_at_the_same_time_none_is_lost(dynamodb: DynamoDBClient) -> None:
    store = DynamoPreferences(CentreTable(dynamodb, create_centre_table(dynamodb)))
    changes: list[dict[str, Any]] = [
        {"receipts": True},
        {"on_unknown": OnUnknown.STOP},
        {"channels": (ChannelKind.SMS,)},
        {"do_not_disturb": DoNotDisturb()},
    ]
    for _ in range(5):
        with ThreadPoolExecutor(len(changes)) as pool:
            list(pool.map(lambda each: store.change("anna", each), changes))
        assert store.read("anna") == Preferences(
            channels=(ChannelKind.SMS,),
            do_not_disturb=DoNotDisturb(),
            on_unknown=OnUnknown.STOP,
            receipts=True,
        )
        defaults = Preferences()
        store.change("anna", {name: getattr(defaults, name) for each in changes for name in each})


def test_do_not_disturb_until_the_first_instant_is_over(store: PreferenceStore) -> None:
    """`new Date(0)`: 0 stands for "for good" in the table."""
    store.change("anna", {"do_not_disturb": DoNotDisturb(0)})
    found = store.read("anna").do_not_disturb
    assert found
    assert not found.covers(1)
