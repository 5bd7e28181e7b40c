"""Followers of the official account: in memory and in DynamoDB alike."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.followers import MemoryFollowers, MemoryFollowerSyncs
from support.tables import create_tables

from minipush.adapters.dynamodb.state.followers import DynamoFollowers, DynamoFollowerSyncs
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.ports.followers import FollowerStore, FollowerSyncStore
from minipush.domain.accounts import Account, AccountKind
from minipush.domain.follower import Follower
from minipush.domain.followers import FollowerSync, KnownFollower, SyncPhase
from minipush.domain.users import User
from minipush.errors import StoreError

OFFICIAL = Account("wxofficial", AccountKind.OFFICIAL_ACCOUNT)
FOLLOWER = KnownFollower(openid="o-ada", unionid="u", follows=True, followed_at=5, version=1)
SYNC = FollowerSync(id="s", started_at=1, touched_at=1)
KINDS = [pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)]


@dataclass
class Case:
    """`profile`: what a user's profile says."""

    store: FollowerStore
    profile: Callable[[str], Follower | None]


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "memory":
        memory = MemoryFollowers()
        return Case(memory, lambda openid: memory.profiles.get(openid, (None, 0))[0])
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    users, state = create_tables(client)
    store = DynamoUserStore(client, users, OFFICIAL.appid)
    return Case(DynamoFollowers(client, state, users, OFFICIAL), lambda openid: store.read(openid).follower)


@pytest.fixture(params=KINDS)
def syncs(request: pytest.FixtureRequest) -> FollowerSyncStore:
    if request.param == "memory":
        return MemoryFollowerSyncs()
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    return DynamoFollowerSyncs(client, create_tables(client)[1], OFFICIAL)


def test_nothing_is_known_of_a_stranger(case: Case) -> None:
    assert case.store.read("o-ada") == KnownFollower(openid="o-ada")


def test_a_follower_is_stored_version_by_version(case: Case) -> None:
    left = replace(FOLLOWER, follows=False, unfollowed_at=9, version=2)
    assert [case.store.keep(FOLLOWER, 0), case.store.keep(left, 1)] == [True, True]
    assert case.store.read("o-ada") == left


def test_a_follower_without_a_unionid_is_stored(case: Case) -> None:
    assert case.store.keep(replace(FOLLOWER, unionid=None), 0)
    assert case.store.read("o-ada").unionid is None


@pytest.mark.parametrize("before", [0, 2])
def test_a_version_that_does_not_follow_is_not_stored(case: Case, before: int) -> None:
    case.store.keep(FOLLOWER, 0)
    assert not case.store.keep(replace(FOLLOWER, follows=False, version=before + 1), before)
    assert case.store.read("o-ada") == FOLLOWER


def test_a_stranger_begins_with_the_first_version(case: Case) -> None:
    assert not case.store.keep(replace(FOLLOWER, version=2), 1)


def test_who_comes_second_meets_the_first(case: Case) -> None:
    assert case.store.join_follower("u", "o-ada") is None
    assert case.store.join_user("u", "ada") == "o-ada"
    assert case.store.join_follower("u", "o-ada") == "ada"
    assert case.store.user_of("u") == "ada"
    assert case.store.user_of("other") is None


def test_a_profile_says_what_was_copied(case: Case) -> None:
    assert case.profile("ada") is None
    case.store.copy("ada", FOLLOWER)
    assert case.profile("ada") == Follower("o-ada", follows=True)
    case.store.copy("ada", replace(FOLLOWER, follows=False, version=2))
    assert case.profile("ada") == Follower("o-ada", follows=False)


def test_an_older_version_is_not_copied(case: Case) -> None:
    case.store.copy("ada", replace(FOLLOWER, follows=False, version=2))
    case.store.copy("ada", FOLLOWER)
    assert case.profile("ada") == Follower("o-ada", follows=False)


def test_another_openid_of_the_user_replaces_the_one_before(case: Case) -> None:
    case.store.copy("ada", replace(FOLLOWER, version=7))
    case.store.copy("ada", replace(FOLLOWER, openid="o-other"))
    assert case.profile("ada") == Follower("o-other", follows=True)


@pytest.mark.emulator
def test_a_profile_tells_of_the_deployment_s_own_official_account_only(dynamodb: DynamoDBClient) -> None:
    """The deployment has changed its official account."""
    users, state = create_tables(dynamodb)
    other = Account("wxother", AccountKind.OFFICIAL_ACCOUNT)
    DynamoFollowers(dynamodb, state, users, OFFICIAL).copy("ada", replace(FOLLOWER, version=7))
    store = DynamoUserStore(dynamodb, users, other.appid)
    assert store.read("ada") == User("ada")
    DynamoFollowers(dynamodb, state, users, other).copy("ada", replace(FOLLOWER, openid="x-ada"))
    assert store.read("ada").follower == Follower("x-ada", follows=True)


@pytest.mark.emulator
def test_the_same_openid_in_another_official_account_is_copied(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    other = Account("wxother", AccountKind.OFFICIAL_ACCOUNT)
    DynamoFollowers(dynamodb, state, users, OFFICIAL).copy("ada", replace(FOLLOWER, version=7))
    DynamoFollowers(dynamodb, state, users, other).copy("ada", FOLLOWER)
    follower = DynamoUserStore(dynamodb, users, other.appid).read("ada").follower
    assert follower == Follower("o-ada", follows=True)


def test_followers_are_listed_page_by_page(case: Case) -> None:
    for n in range(5):
        case.store.keep(replace(FOLLOWER, openid=f"o-{n}"), 0)
    case.store.keep(replace(FOLLOWER, openid="o-gone", follows=False), 0)
    case.store.join_user("u", "ada")
    listed: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = case.store.page(cursor, 2)
        listed += page.openids
        cursor = page.cursor
    assert sorted(listed) == [f"o-{n}" for n in range(5)]


def test_there_is_no_sync_before_the_first(syncs: FollowerSyncStore) -> None:
    assert syncs.read() is None


def test_a_sync_goes_on_step_by_step(syncs: FollowerSyncStore) -> None:
    after = replace(SYNC, phase=SyncPhase.KNOWN, cursor="o-9", followers=1000, step=1, finished_at=7)
    syncs.begin(SYNC)
    assert syncs.read() == SYNC
    assert syncs.advance(after)
    assert syncs.read() == after


def test_a_step_whose_answer_was_lost_is_taken_again(syncs: FollowerSyncStore) -> None:
    """The client repeats the write, and the step before is no longer the stored one."""
    after = replace(SYNC, cursor="o-9", step=1)
    syncs.begin(SYNC)
    assert [syncs.advance(after), syncs.advance(after)] == [True, True]
    assert not syncs.advance(replace(after, cursor="o-8"))


@pytest.mark.parametrize("other", [replace(SYNC, step=2), replace(SYNC, id="other", step=1)])
def test_a_worker_that_was_overtaken_notices(syncs: FollowerSyncStore, other: FollowerSync) -> None:
    syncs.begin(SYNC)
    assert not syncs.advance(other)
    assert syncs.read() == SYNC


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    store = DynamoFollowers(nowhere, "none", "none", OFFICIAL)
    calls: list[Callable[[], object]] = [
        lambda: store.read("o"),
        lambda: store.keep(FOLLOWER, 0),
        lambda: store.page("", 1),
        lambda: store.join_user("u", "ada"),
        lambda: store.user_of("u"),
        lambda: store.copy("ada", FOLLOWER),
        DynamoFollowerSyncs(nowhere, "none", OFFICIAL).read,
    ]
    for call in calls:
        with pytest.raises(StoreError):
            call()
