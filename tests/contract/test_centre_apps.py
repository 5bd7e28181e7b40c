"""What every store of apps does."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial

import pytest
from support.centre import MemoryApps
from support.racing import at_once
from support.sample_apps import APPID, SECRET, SHOP, app
from support.tables import create_centre_table

from minipush.adapters.cipher import Cipher
from minipush.adapters.dynamodb.centre.apps import DynamoApps
from minipush.adapters.dynamodb.centre.keys import app_key
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.application.ports.centre.apps import AppStore
from minipush.domain.centre.pushes import PushLimits


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> AppStore:
    if request.param == "memory":
        return MemoryApps()
    return DynamoApps(_table(request), Cipher(lambda: "key"))


def _table(request: pytest.FixtureRequest) -> CentreTable:
    client = request.getfixturevalue("dynamodb")
    return CentreTable(client, create_centre_table(client))


LIMITS = PushLimits(per_second=1, to_user_per_hour=2, to_user_per_day=3, broadcasts_per_day=0)


@pytest.mark.parametrize(
    "registered", [SHOP, app(limits=LIMITS), app(owner_openid="anna", icon_url="", summary="", contact="")]
)
def test_a_registered_app_is_read(store: AppStore, registered: object) -> None:
    assert store.add(registered, SECRET)  # type: ignore[arg-type]
    assert store.read(APPID) == registered
    assert store.read("wx-another") is None


def test_an_app_is_registered_once(store: AppStore) -> None:
    store.add(SHOP, SECRET)
    assert not store.add(app(name="another"), "mpa_other")
    assert (store.read(APPID), store.find_secret("mpa_other")) == (SHOP, None)


def test_a_change_leaves_the_rest(store: AppStore) -> None:
    store.add(app(owner_openid="anna"), SECRET)
    changed = store.change(APPID, {"name": "new", "owner_openid": None})
    assert changed == store.read(APPID) == app(name="new")


@pytest.mark.emulator
def test_limits_that_a_later_version_wrote_are_left_out(request: pytest.FixtureRequest) -> None:
    table = _table(request)
    store = DynamoApps(table, Cipher(lambda: "key"))
    store.add(app(limits=LIMITS), SECRET)
    item = table.get(app_key(APPID))
    later = {"M": item["limits"]["M"] | {"of_tomorrow": {"N": "1"}}}
    table.put({**item, "limits": later})
    assert store.read(APPID) == app(limits=LIMITS)


def test_limits_change_alone(store: AppStore) -> None:
    store.add(SHOP, SECRET)
    assert store.change(APPID, {"limits": asdict(LIMITS)}) == store.read(APPID) == app(limits=LIMITS)


def test_limits_that_are_not_named_stay(store: AppStore) -> None:
    store.add(app(limits=LIMITS), SECRET)
    changed = store.change(APPID, {"name": "new", "limits": {"per_second": 6}})
    assert changed == store.read(APPID) == app(name="new", limits=replace(LIMITS, per_second=6))


@pytest.mark.emulator
def test_limits_of_which_none_is_written_become_the_usual_ones_with_the_change(
    request: pytest.FixtureRequest,
) -> None:
    table = _table(request)
    store = DynamoApps(table, Cipher(lambda: "key"))
    store.add(SHOP, SECRET)
    item = table.get(app_key(APPID))
    table.put({name: value for name, value in item.items() if name != "limits"})
    assert store.change(APPID, {"limits": {"per_second": 6}}) == app(limits=PushLimits(per_second=6))


@pytest.mark.emulator
def test_two_limits_that_change_at_once_both_change(request: pytest.FixtureRequest) -> None:
    store = DynamoApps(_table(request), Cipher(lambda: "key"))
    store.add(SHOP, SECRET)
    at_once([partial(store.change, APPID, {"limits": {name: 6}}) for name in asdict(LIMITS)])
    assert store.read(APPID) == app(limits=PushLimits(6, 6, 6, 6))


def test_nothing_becomes_of_limits_of_no_app(store: AppStore) -> None:
    assert store.change(APPID, {"limits": {"per_second": 6}}) is None


def test_nothing_becomes_of_a_change_to_no_app(store: AppStore) -> None:
    assert store.change(APPID, {"name": "new"}) is None
    assert store.read(APPID) is None


def test_apps_are_listed_page_by_page(store: AppStore) -> None:
    apps = [app(appid=f"wx{n}") for n in range(5)]
    for number in (3, 0, 4, 1, 2):
        store.add(apps[number], f"mpa_{number}")
    assert store.page("", 3) == apps[:3]
    assert store.page("wx2", 3) == apps[3:]
    assert store.page("wx4", 3) == []


def test_a_secret_leads_to_its_app(store: AppStore) -> None:
    store.add(SHOP, SECRET)
    assert (store.find_secret(SECRET), store.find_secret(SECRET + "s")) == (APPID, None)
    assert (store.secrets(APPID), store.secrets("wx-another")) == ((SECRET,), ())


def test_two_secrets_are_live_and_a_third_ends_the_oldest(store: AppStore) -> None:
    store.add(SHOP, "mpa_1")
    assert store.add_secret(APPID, "mpa_2")
    assert [store.find_secret(secret) for secret in ("mpa_1", "mpa_2")] == [APPID, APPID]
    assert store.add_secret(APPID, "mpa_3")
    assert [store.find_secret(secret) for secret in ("mpa_1", "mpa_2", "mpa_3")] == [None, APPID, APPID]
    assert store.secrets(APPID) == ("mpa_3", "mpa_2")


def test_an_unknown_app_gets_no_secret(store: AppStore) -> None:
    assert not store.add_secret(APPID, SECRET)
    assert store.find_secret(SECRET) is None


@pytest.mark.emulator
def test_secrets_made_at_the_same_time_leave_the_two_that_are_told(request: pytest.FixtureRequest) -> None:
    store = DynamoApps(_table(request), Cipher(lambda: "key"))
    store.add(SHOP, "mpa_0")
    made = [f"mpa_{n}" for n in range(1, 5)]
    with ThreadPoolExecutor(len(made)) as pool:
        assert all(pool.map(lambda secret: store.add_secret(APPID, secret), made))
    live = {secret for secret in ("mpa_0", *made) if store.find_secret(secret)}
    assert live == set(store.secrets(APPID))
    assert len(live) == 2


@pytest.mark.emulator
def test_a_secret_is_nowhere_in_clear(request: pytest.FixtureRequest) -> None:
    table = _table(request)
    DynamoApps(table, Cipher(lambda: "key")).add(SHOP, SECRET)
    assert SECRET not in str(table.get(app_key(APPID)))


@pytest.mark.emulator
def test_the_functions_own_client_reads_what_it_sealed(
    request: pytest.FixtureRequest, aws_endpoint: str
) -> None:
    """It reads JSON without botocore's models."""
    client = plain_json_session().client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=aws_endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    store = DynamoApps(CentreTable(client, create_centre_table(client)), Cipher(lambda: "key"))
    store.add(SHOP, SECRET)
    store.add_secret(APPID, "mpa_2")
    assert (store.secrets(APPID), store.read(APPID)) == (("mpa_2", SECRET), replace(SHOP))
