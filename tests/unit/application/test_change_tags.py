from collections.abc import Sequence

import pytest
from support.memory import MemoryStore
from support.tags import MemoryTagStore

from minipush.application.ports.tags import TagChange
from minipush.application.tags.change_tags import ChangeTags
from minipush.domain.users import MAX_TAGS, UserSettings
from minipush.errors import StoreError, TooManyTagsError

VIP, TRIAL, NONE = frozenset({"vip"}), frozenset({"trial"}), frozenset[str]()
MANY = tuple(f"t{n:02}" for n in range(MAX_TAGS))


def store_with(**users: tuple[str, ...]) -> MemoryStore:
    store = MemoryStore()
    store.settings = {openid: UserSettings(opt_out=True, tags=tags) for openid, tags in users.items()}
    return store


def tags_of(store: MemoryStore) -> dict[str, tuple[str, ...]]:
    return {openid: settings.tags for openid, settings in store.settings.items()}


class Counting(MemoryTagStore):
    """Counts what is asked of the store."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(store)
        self.read_users, self.written_users = 0, 0

    def read(self, openids: Sequence[str]) -> dict[str, frozenset[str]]:
        self.read_users += len(openids)
        return super().read(openids)

    def replace(self, changes: Sequence[TagChange]) -> list[bool]:
        self.written_users += len(changes)
        return super().replace(changes)


def test_tags_are_added_and_removed_and_only_changed_users_count() -> None:
    store = store_with(ada=("trial",), bo=("vip",), cy=("vip", "x"))
    assert ChangeTags(MemoryTagStore(store))(["ada", "bo", "cy"], VIP, TRIAL) == 1
    assert tags_of(store) == {"ada": ("vip",), "bo": ("vip",), "cy": ("vip", "x")}


def test_an_unknown_user_gets_tags_and_loses_none() -> None:
    store = store_with()
    change = ChangeTags(MemoryTagStore(store))
    assert change(["ada"], NONE, TRIAL) == 0
    assert tags_of(store) == {}
    assert change(["ada"], VIP, TRIAL) == 1
    assert tags_of(store) == {"ada": ("vip",)}


def test_a_repeated_openid_counts_once() -> None:
    assert ChangeTags(MemoryTagStore(store_with()))(["ada", "bo", "ada"], VIP, NONE) == 2


def test_a_repeat_changes_nothing_and_writes_nothing() -> None:
    counting = Counting(store_with(ada=("trial",)))
    change = ChangeTags(counting)
    change(["ada", "bo"], VIP, TRIAL)
    written = counting.written_users
    assert change(["ada", "bo"], VIP, TRIAL) == 0
    assert (written, counting.written_users) == (2, 2)


def test_a_thousand_users_are_read_once_and_written_once() -> None:
    counting = Counting(store_with())
    assert ChangeTags(counting)([f"user-{n}" for n in range(1000)], VIP, NONE) == 1000
    # MemoryTagStore reads once more for each write, as a condition.
    assert (counting.read_users, counting.written_users) == (2000, 1000)


def test_a_user_with_too_many_tags_stops_the_request_before_anything_is_written() -> None:
    store = store_with(ada=(), bo=MANY, cy=MANY)
    with pytest.raises(TooManyTagsError) as raised:
        ChangeTags(MemoryTagStore(store))(["ada", "bo", "ada", "cy"], VIP, NONE)
    assert raised.value.places == [1, 3]
    assert tags_of(store) == {"ada": (), "bo": MANY, "cy": MANY}


def test_a_tag_makes_room_for_another() -> None:
    store = store_with(ada=MANY)
    assert ChangeTags(MemoryTagStore(store))(["ada"], VIP, frozenset(MANY[:1])) == 1


class Contested(MemoryTagStore):
    """Another request adds a tag to each user before each of the first writes."""

    def __init__(self, store: MemoryStore, times: int) -> None:
        super().__init__(store)
        self.store = store
        self.times = times

    def replace(self, changes: Sequence[TagChange]) -> list[bool]:
        if self.times:
            self.times -= 1
            for openid, settings in self.store.settings.items():
                tags = (*settings.tags, f"other-{self.times}")
                self.store.settings[openid] = UserSettings(tags=tuple(sorted(tags)))
        return super().replace(changes)


def test_what_other_requests_change_meanwhile_is_kept() -> None:
    store = store_with(ada=("trial",))
    assert ChangeTags(Contested(store, times=2))(["ada"], VIP, TRIAL) == 1
    assert tags_of(store) == {"ada": ("other-0", "other-1", "vip")}


def test_endless_contention_ends_in_an_error_that_asks_for_a_repeat() -> None:
    with pytest.raises(StoreError):
        ChangeTags(Contested(store_with(ada=()), times=99))(["ada"], VIP, NONE)


def test_a_slow_store_ends_the_request_in_time_and_a_repeat_goes_on() -> None:
    store, clock = store_with(), iter([0.0, 1.0, 21.0])
    users = [f"user-{n}" for n in range(300)]
    with pytest.raises(StoreError):
        ChangeTags(MemoryTagStore(store), clock.__next__)(users, VIP, NONE)
    assert len(store.settings) == 100
    assert ChangeTags(MemoryTagStore(store))(users, VIP, NONE) == 200
