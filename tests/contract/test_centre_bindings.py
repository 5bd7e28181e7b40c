"""What every store of bindings and of personal keys does."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre_bindings import MemoryBindings, MemoryPersonalKeys
from support.sample_apps import APPID
from support.simulated_wechat import KilledError
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.bindings import DynamoBindings
from minipush.adapters.dynamodb.centre.keys import foreign_key, pointer_key, ticket_key
from minipush.adapters.dynamodb.centre.personal_keys import DynamoPersonalKeys
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.bindings import BindingStore, BindOutcome
from minipush.application.ports.centre.personal_keys import PersonalKeyStore
from minipush.domain.centre.bindings import MAX_BINDINGS, Binding, BoundUser, Ticket, new_key
from minipush.domain.centre.inbox import Level
from minipush.domain.centre.message_ids import key_ref
from minipush.domain.centre.personal_keys import MAX_KEYS, PersonalKey
from minipush.domain.centre.preferences import DoNotDisturb

AT = 1_796_000_000_000
TICKET = Ticket("jti", "oShop-anna", AT + 60_000)
KINDS = [pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)]


def binding(**changes: object) -> Binding:
    made = Binding(
        appid=APPID,
        key=new_key("b"),
        level=Level.STRONG,
        foreign_openid="oShop-anna",
        is_confirmed=False,
        at=AT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def personal_key(**changes: object) -> PersonalKey:
    text = new_key("k")
    made = PersonalKey(ref=key_ref(text), hash="hash", label="我的", level=Level.WEAK, made_at=AT)
    return replace(made, **changes)  # type: ignore[arg-type]


def centre_table(request: pytest.FixtureRequest) -> CentreTable:
    client = request.getfixturevalue("dynamodb")
    return CentreTable(client, create_centre_table(client))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> BindingStore:
    return MemoryBindings() if request.param == "memory" else DynamoBindings(centre_table(request))


@pytest.fixture(params=KINDS)
def keys(request: pytest.FixtureRequest) -> PersonalKeyStore:
    return MemoryPersonalKeys() if request.param == "memory" else DynamoPersonalKeys(centre_table(request))


@pytest.fixture
def table(request: pytest.FixtureRequest) -> CentreTable:
    return centre_table(request)


@pytest.mark.parametrize("quiet", [None, DoNotDisturb(), DoNotDisturb(AT)])
def test_a_binding_is_found_by_its_user_and_by_its_key(
    store: BindingStore, quiet: DoNotDisturb | None
) -> None:
    made = binding(do_not_disturb=quiet)
    assert store.add("anna", made, None) is BindOutcome.BOUND
    assert (store.read("anna", APPID), store.read_all("anna")) == (made, [made])
    assert store.find(APPID, made.key) == BoundUser("anna", made)


def test_a_key_is_known_to_its_app_alone(store: BindingStore) -> None:
    made = binding()
    store.add("anna", made, None)
    assert (store.find("wx-other", made.key), store.find(APPID, made.key + "x")) == (None, None)


def test_a_user_binds_an_app_once(store: BindingStore) -> None:
    store.add("anna", first := binding(), None)
    assert store.add("anna", binding(), None) is BindOutcome.BOUND_MEANWHILE
    assert store.read("anna", APPID) == first


def test_a_ticket_is_used_once_whoever_comes(store: BindingStore) -> None:
    store.add("anna", first := binding(is_confirmed=True), TICKET)
    assert store.add("bo", binding(is_confirmed=True), TICKET) is BindOutcome.TICKET_USED
    assert store.replace("anna", first, first, TICKET) is BindOutcome.TICKET_USED
    assert store.read("bo", APPID) is None


def test_a_ticket_of_a_binding_that_failed_is_not_used(store: BindingStore) -> None:
    store.add("anna", binding(), None)
    assert store.add("anna", binding(), TICKET) is BindOutcome.BOUND_MEANWHILE
    assert store.add("bo", binding(), TICKET) is BindOutcome.BOUND


def test_a_change_takes_the_place_of_what_was_read(store: BindingStore) -> None:
    store.add("anna", before := binding(), None)
    after = replace(before, level=Level.NONE, do_not_disturb=DoNotDisturb(AT))
    assert store.replace("anna", before, after) is BindOutcome.BOUND
    assert store.read("anna", APPID) == after
    assert store.replace("anna", before, replace(before, is_confirmed=True)) is BindOutcome.BOUND_MEANWHILE


def test_do_not_disturb_until_the_first_instant_is_over(store: BindingStore) -> None:
    """`new Date(0)`: 0 stands for "for good" in the table."""
    store.add("anna", before := binding(), None)
    after = replace(before, do_not_disturb=DoNotDisturb(0))
    assert store.replace("anna", before, after) is BindOutcome.BOUND
    found = store.read("anna", APPID)
    assert found
    assert found.do_not_disturb
    assert not found.do_not_disturb.covers(AT)
    assert store.replace("anna", found, before) is BindOutcome.BOUND


def test_a_binding_that_ended_leaves_nothing(store: BindingStore) -> None:
    store.add("anna", made := binding(is_confirmed=True), TICKET)
    store.remove("anna", made)
    assert (store.read("anna", APPID), store.find(APPID, made.key)) == (None, None)
    assert store.page(APPID, None, 10).users == []


def test_an_ended_binding_ends_no_later_one(store: BindingStore) -> None:
    store.add("anna", first := binding(), None)
    store.remove("anna", first)
    store.add("anna", second := binding(), None)
    store.remove("anna", first)
    assert store.read("anna", APPID) == second


def test_who_has_bound_an_app_is_listed_page_by_page(store: BindingStore) -> None:
    for number in range(7):
        store.add(f"user{number}", binding(foreign_openid=f"o{number}"), None)
    store.add("user0", binding(appid="wx-other"), None)
    listed: list[str] = []
    following, pages = None, 0
    while pages == 0 or following:
        page = store.page(APPID, following, 3)
        listed += [user.openid for user in page.users]
        following, pages = page.following, pages + 1
    assert sorted(listed) == [f"user{number}" for number in range(7)]


def confirmed(store: BindingStore) -> dict[str, bool]:
    return {user.openid: user.binding.is_confirmed for user in store.page(APPID, None, 10).users}


def test_of_bindings_with_one_openid_the_last_that_took_it_is_listed_as_confirmed(
    store: BindingStore,
) -> None:
    store.add("anna", annas := binding(is_confirmed=True), None)
    store.add("bo", bos := binding(is_confirmed=True), TICKET)
    store.add("cy", binding(), None)
    assert confirmed(store) == {"anna": False, "bo": True, "cy": False}
    store.remove("bo", bos)
    assert confirmed(store) == {"anna": False, "cy": False}
    store.replace("anna", annas, annas, confirms=True)
    assert confirmed(store) == {"anna": True, "cy": False}


def test_a_claim_of_an_openid_takes_it_from_nobody(store: BindingStore) -> None:
    store.add("anna", binding(is_confirmed=True), None)
    store.add("bo", binding(), None)
    assert confirmed(store) == {"anna": True, "bo": False}


def test_a_user_has_a_hundred_bindings_at_most(store: BindingStore) -> None:
    for number in range(MAX_BINDINGS):
        assert store.add("anna", binding(appid=f"wx{number}"), None) is BindOutcome.BOUND
    assert store.add("anna", binding(), None) is BindOutcome.TOO_MANY
    one = store.read_all("anna")[0]
    store.remove("anna", one)
    assert store.add("anna", binding(), None) is BindOutcome.BOUND


@pytest.mark.emulator
def test_only_a_confirmed_openid_leads_to_a_user(table: CentreTable) -> None:
    store = DynamoBindings(table)
    store.add("anna", before := binding(), None)
    assert "openid" not in table.get(foreign_key(APPID, "oShop-anna"))
    store.replace("anna", before, confirmed := replace(before, is_confirmed=True))
    assert table.get(foreign_key(APPID, "oShop-anna"))["openid"] == {"S": "anna"}
    store.replace("anna", confirmed, replace(confirmed, foreign_openid="oShop-new"))
    assert table.get(foreign_key(APPID, "oShop-anna")) == {}
    assert table.get(foreign_key(APPID, "oShop-new"))["openid"] == {"S": "anna"}


@pytest.mark.emulator
def test_a_change_of_the_level_leaves_the_openid_to_who_has_it_now(table: CentreTable) -> None:
    store = DynamoBindings(table)
    store.add("anna", annas := binding(is_confirmed=True), None)
    store.add("bo", binding(is_confirmed=True), None)
    assert store.replace("anna", annas, replace(annas, level=Level.WEAK)) is BindOutcome.BOUND
    assert table.get(foreign_key(APPID, "oShop-anna"))["openid"] == {"S": "bo"}


@pytest.mark.emulator
@pytest.mark.parametrize(("ticket", "confirms"), [(TICKET, False), (None, True)])
def test_a_binding_confirmed_again_has_the_openid_again(
    table: CentreTable, ticket: Ticket | None, confirms: bool
) -> None:
    store = DynamoBindings(table)
    store.add("anna", annas := binding(is_confirmed=True), None)
    store.add("bo", binding(is_confirmed=True), None)
    store.replace("anna", annas, annas, ticket, confirms=confirms)
    assert table.get(foreign_key(APPID, "oShop-anna"))["openid"] == {"S": "anna"}


@pytest.mark.emulator
def test_the_end_of_a_binding_leaves_the_openid_to_who_has_it_now(table: CentreTable) -> None:
    store = DynamoBindings(table)
    store.add("anna", annas := binding(is_confirmed=True), None)
    store.add("bo", binding(is_confirmed=True), None)
    store.remove("anna", annas)
    assert table.get(foreign_key(APPID, "oShop-anna"))["openid"] == {"S": "bo"}


class DyingTable(CentreTable):
    """The process dies after its first transaction that took effect."""

    is_dead = False

    def transact(self, *writes: tuple[str, Mapping[str, Any]]) -> list[int]:
        if self.is_dead:
            raise KilledError
        failed = super().transact(*writes)
        self.is_dead = not failed
        return failed


@pytest.mark.emulator
@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_process_that_dies_leaves_no_openid_that_leads_to_an_ended_binding(
    dynamodb: DynamoDBClient, *, is_confirmed: bool, is_replaced: bool
) -> None:
    """Nobody would find it: an erasure starts at the bindings."""
    dying = DyingTable(dynamodb, name := create_centre_table(dynamodb))
    table = CentreTable(dynamodb, name)
    DynamoBindings(table).add("anna", annas := binding(is_confirmed=is_confirmed), None)
    with suppress(KilledError):
        if is_replaced:
            DynamoBindings(dying).replace("anna", annas, replace(annas, foreign_openid="oShop-new"))
        else:
            DynamoBindings(dying).remove("anna", annas)
    assert dying.is_dead
    assert table.get(foreign_key(APPID, "oShop-anna")) == {}


@pytest.mark.emulator
def test_a_binding_ends_though_its_openid_leads_nowhere(table: CentreTable) -> None:
    store = DynamoBindings(table)
    store.add("anna", annas := binding(is_confirmed=True), None)
    table.delete(foreign_key(APPID, "oShop-anna"))
    store.remove("anna", annas)
    assert store.read_all("anna") == []


@pytest.mark.emulator
def test_a_used_ticket_is_forgotten_when_it_could_not_bind_any_more(table: CentreTable) -> None:
    DynamoBindings(table).add("anna", binding(), TICKET)
    assert table.get(ticket_key(APPID, "jti"))["ttl"] == {"N": str(TICKET.expires_at // 1000)}


@pytest.mark.emulator
def test_of_many_who_bring_one_ticket_at_the_same_time_one_is_bound(table: CentreTable) -> None:
    store = DynamoBindings(table)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: store.add(f"user{n}", binding(), TICKET), range(8)))
    assert sorted(outcomes, key=str) == [BindOutcome.BOUND] + [BindOutcome.TICKET_USED] * 7


def test_a_personal_key_is_its_users_alone(keys: PersonalKeyStore) -> None:
    made = personal_key(expires_at=AT + 1)
    assert keys.add("anna", made)
    assert (keys.read_all("anna"), keys.read_all("bo")) == ([made], [])


def test_a_personal_key_changes_where_it_is(keys: PersonalKeyStore) -> None:
    keys.add("anna", made := personal_key(expires_at=AT + 1))
    changes = {"is_paused": True, "expires_at": None, "label": "b", "level": Level.WEAK}
    changed = replace(made, is_paused=True, expires_at=None, label="b", level=Level.WEAK)
    assert keys.change("anna", made.ref, changes) == changed
    assert keys.change("bo", made.ref, changes) is None
    assert (keys.read_all("anna"), keys.read_all("bo")) == ([changed], [])


def test_a_personal_key_ends_once(keys: PersonalKeyStore) -> None:
    keys.add("anna", made := personal_key())
    assert [keys.remove("bo", made.ref), keys.remove("anna", made.ref), keys.remove("anna", made.ref)] == [
        False,
        True,
        False,
    ]


def test_a_user_has_twenty_personal_keys_at_most(keys: PersonalKeyStore) -> None:
    made = [personal_key() for _ in range(MAX_KEYS)]
    assert all(keys.add("anna", one) for one in made)
    assert not keys.add("anna", personal_key())
    keys.remove("anna", made[0].ref)
    assert keys.add("anna", personal_key())


@pytest.mark.emulator
def test_keys_made_at_the_same_time_stay_below_the_limit(table: CentreTable) -> None:
    store = DynamoPersonalKeys(table)
    for _ in range(MAX_KEYS - 2):
        store.add("anna", personal_key())
    with ThreadPoolExecutor(8) as pool:
        added = list(pool.map(lambda _: store.add("anna", personal_key()), range(8)))
    assert (added.count(True), len(store.read_all("anna"))) == (2, MAX_KEYS)


def test_a_change_of_nothing_changes_nothing(keys: PersonalKeyStore) -> None:
    keys.add("anna", made := personal_key())
    assert keys.change("anna", made.ref, {}) == made


@pytest.mark.emulator
def test_of_changes_of_a_personal_key_at_the_same_time_none_is_lost(table: CentreTable) -> None:
    store = DynamoPersonalKeys(table)
    changes: list[dict[str, Any]] = [
        {"label": "b"},
        {"is_paused": True},
        {"expires_at": AT + 5},
        {"level": Level.WEAK},
    ]
    for _ in range(5):
        store.add("anna", made := personal_key())
        with ThreadPoolExecutor(len(changes)) as pool:
            list(pool.map(lambda each: store.change("anna", made.ref, each), changes))
        changed = replace(made, label="b", is_paused=True, expires_at=AT + 5, level=Level.WEAK)
        assert store.read_all("anna") == [changed]
        store.remove("anna", made.ref)


@pytest.mark.emulator
def test_an_ended_personal_key_leads_nowhere(table: CentreTable) -> None:
    store = DynamoPersonalKeys(table)
    store.add("anna", made := personal_key())
    assert table.get(pointer_key(made.ref))["openid"] == {"S": "anna"}
    store.remove("anna", made.ref)
    assert table.get(pointer_key(made.ref)) == {}
