"""What every store of broadcasts does, and every list of an app's bound users."""

from dataclasses import replace

import pytest
from support.centre_broadcasts import MemoryBoundUsers, MemoryBroadcasts, broadcast
from support.centre_inbox import SHOP
from support.centre_items import CentreItems
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.broadcasts import DynamoBoundUsers, DynamoBroadcasts
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.broadcasts import BoundUsers, BroadcastStore
from minipush.domain.campaigns import SEGMENTS_OF_APP
from minipush.domain.centre.inbox import Level, TextCheck

KINDS = [pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)]
OPENIDS = [f"user-{number:02}" for number in range(30)]


def centre_table(request: pytest.FixtureRequest) -> CentreTable:
    client = request.getfixturevalue("dynamodb")
    return CentreTable(client, create_centre_table(client))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> BroadcastStore:
    return MemoryBroadcasts() if request.param == "memory" else DynamoBroadcasts(centre_table(request))


@pytest.fixture(params=KINDS)
def users(request: pytest.FixtureRequest) -> BoundUsers:
    """Each of OPENIDS has bound the app, at the level weak."""
    if request.param == "memory":
        return MemoryBoundUsers(dict.fromkeys(OPENIDS, Level.WEAK))
    table = centre_table(request)
    for openid in OPENIDS:
        CentreItems(table).bind(openid, f"b{openid}", SHOP.id, level={"S": "weak"})
    return DynamoBoundUsers(table)


@pytest.mark.parametrize("level", [None, Level.WEAK])
def test_a_broadcast_is_read_as_it_was_kept(store: BroadcastStore, level: Level | None) -> None:
    store.add(broadcast(level=level))
    assert store.read("c-1") == broadcast(level=level)
    assert store.read("c-2") is None


def test_a_broadcast_is_kept_once(store: BroadcastStore) -> None:
    store.add(broadcast())
    store.add(replace(broadcast(), text_check=TextCheck.PENDING))
    assert store.read("c-1") == broadcast()


def test_each_user_is_in_one_part(users: BoundUsers) -> None:
    parts = [users.openids(SHOP.id, part, None, 100) for part in range(SEGMENTS_OF_APP)]
    assert sorted(openid for part in parts for openid in part) == OPENIDS


def test_a_part_is_read_page_by_page(users: BoundUsers) -> None:
    for part in range(SEGMENTS_OF_APP):
        whole = users.openids(SHOP.id, part, None, 100)
        pages: list[str] = []
        while page := users.openids(SHOP.id, part, pages[-1] if pages else None, 1):
            pages += page
        assert pages == whole


def test_other_apps_have_users_of_their_own(users: BoundUsers) -> None:
    assert [users.openids("wx-other", part, None, 100) for part in range(SEGMENTS_OF_APP)] == [[]] * 16
    assert users.bound("wx-other", OPENIDS) == []


def test_bindings_are_those_of_the_users_asked_for(users: BoundUsers) -> None:
    found = users.bound(SHOP.id, [*OPENIDS[:3], "nobody"])
    assert sorted((user.openid, user.binding.level) for user in found) == [
        (openid, Level.WEAK) for openid in OPENIDS[:3]
    ]
