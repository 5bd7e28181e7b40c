"""The tags of many users; the store in memory and DynamoDB alike."""

from dataclasses import dataclass
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryStore
from support.tables import create_tables
from support.tags import MemoryTagStore

from minipush.adapters.dynamodb.users.tags import DynamoTagStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.tags import TagChange, TagStore
from minipush.application.ports.users import UserStore
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.users import UserSettings
from minipush.errors import StoreError

NOW = 1_800_000_000_000
FORM = Permit(permit_kinds.FORM, "the-form-id", NOW)
NONE = frozenset[str]()
VIP, TRIAL = frozenset({"vip"}), frozenset({"trial"})


@dataclass
class Tagged:
    users: UserStore
    tags: TagStore


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def stores(request: pytest.FixtureRequest) -> Tagged:
    if request.param == "memory":
        store = MemoryStore()
        return Tagged(store, MemoryTagStore(store))
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    users, _ = create_tables(client)
    return Tagged(DynamoUserStore(client, users), DynamoTagStore(client, users))


def test_tags_are_read_of_those_with_a_profile(stores: Tagged) -> None:
    stores.users.change("ada", {"tags": ("trial", "vip")})
    stores.users.record_login("bo", None, NOW)
    stores.users.add("cid", [FORM])
    assert stores.tags.read(["ada", "bo", "cid", "nobody"]) == {"ada": VIP | TRIAL, "bo": NONE}


@pytest.mark.parametrize("before", [VIP, NONE])
@pytest.mark.parametrize("after", [VIP | TRIAL, NONE, frozenset({'say "hi"', "it's", "贵宾"})])
def test_a_users_tags_are_replaced_and_the_rest_stays(
    stores: Tagged, before: frozenset[str], after: frozenset[str]
) -> None:
    stores.users.change("ada", {"tags": tuple(before), "opt_out": True})
    assert stores.tags.replace([TagChange("ada", before, after)]) == [True]
    assert stores.users.read("ada").settings == UserSettings(opt_out=True, tags=tuple(sorted(after)))


def test_a_user_without_a_profile_gets_tags_and_keeps_the_permits(stores: Tagged) -> None:
    stores.users.add("ada", [FORM])
    assert stores.tags.replace([TagChange("ada", None, VIP)]) == [True]
    user = stores.users.read("ada")
    assert (user.settings.tags, user.permits) == (("vip",), (FORM,))


@pytest.mark.parametrize("before", [None, NONE, TRIAL, TRIAL | VIP])
def test_tags_that_have_changed_since_are_left_alone(stores: Tagged, before: frozenset[str] | None) -> None:
    stores.users.change("ada", {"tags": ("vip",)})
    assert stores.tags.replace([TagChange("ada", before, TRIAL)]) == [False]
    assert stores.users.read("ada").settings.tags == ("vip",)


def test_a_profile_that_is_new_or_gone_is_left_alone(stores: Tagged) -> None:
    stores.users.record_login("new", None, NOW)
    changes = [TagChange("new", None, VIP), TagChange("gone", VIP, TRIAL), TagChange("gone", NONE, TRIAL)]
    assert stores.tags.replace(changes) == [False] * 3
    assert stores.users.read("new").settings.tags == ()


def test_each_of_many_users_has_a_result_of_its_own(stores: Tagged) -> None:
    for n in range(130):
        stores.users.change(f"user-{n:03}", {"tags": ("vip",)})
    wrong = {3, 77, 129}
    changes = [TagChange(f"user-{n:03}", TRIAL if n in wrong else VIP, VIP | TRIAL) for n in range(130)]
    assert stores.tags.replace(changes) == [n not in wrong for n in range(130)]
    assert len(stores.tags.read([f"user-{n:03}" for n in range(130)])) == 130


def test_pages_show_each_user_with_the_tag_once(stores: Tagged) -> None:
    for n in range(10):
        stores.users.change(f"user-{n}", {"tags": ("vip", "all") if n % 2 else ("all", "vipp")})
        stores.users.add(f"user-{n}", [FORM])
    assert found(stores.tags, "vip") == [f"user-{n}" for n in range(10) if n % 2]
    assert found(stores.tags, "nobody's") == []


def test_without_a_tag_pages_show_each_user_once(stores: Tagged) -> None:
    for n in range(10):
        stores.users.add(f"user-{n}", [FORM, FORM._replace(id="another")])
    stores.users.change("user-5", {"tags": ("vip",)})
    stores.users.change("tagged", {"tags": ("vip",)})
    assert found(stores.tags, None) == ["tagged", *(f"user-{n}" for n in range(10))]


def found(store: TagStore, tag: str | None) -> list[str]:
    openids, last, is_first = list[str](), None, True
    while is_first or last:
        page = store.list_users(tag, last)
        openids += page.openids
        last, is_first = page.last, False
    return sorted(openids)


@dataclass
class SmallPages:
    """A client whose scans stop after so many items."""

    client: DynamoDBClient
    size: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def scan(self, **arguments: Any) -> Any:
        return self.client.scan(Limit=self.size, **arguments)


@pytest.mark.emulator
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_that_end_among_a_users_permits_show_each_user_once(
    dynamodb: DynamoDBClient, size: int
) -> None:
    table, _ = create_tables(dynamodb)
    users, client = DynamoUserStore(dynamodb, table), SmallPages(dynamodb, size)
    for n in range(5):
        users.change(f"user-{n}", {"tags": ("vip",)})
        users.add(f"user-{n}", [FORM._replace(id=f"f{m}") for m in range(3)])
    store: TagStore = DynamoTagStore(client, table)  # type: ignore[arg-type]
    assert found(store, "vip") == [f"user-{n}" for n in range(5)]
    assert found(store, None) == [f"user-{n}" for n in range(5)]


def test_a_store_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    store = DynamoTagStore(nowhere, "users")
    with pytest.raises(StoreError):
        store.read(["ada"])
    with pytest.raises(StoreError):
        store.replace([TagChange("ada", None, VIP)])
    with pytest.raises(StoreError):
        store.list_users("vip", None)
