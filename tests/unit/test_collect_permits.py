from collections.abc import Callable

import pytest
from fakes.memory import MemoryStore

from minipush.domain.permits import Permit, Refusal, form_permits, pay_permits
from minipush.domain.users import User
from minipush.usecases.collect_permits import Collected, CollectPermits, Offer

NOW = 1_800_000_000_000


def form(id_: str, expires_at: int | None = None) -> Callable[[int], list[Permit]]:
    return lambda now: form_permits(id_, expires_at, now)


def pay(id_: str) -> Callable[[int], list[Permit]]:
    return lambda now: pay_permits(id_, now)


class Counter(MemoryStore):
    reads = 0
    writes = 0

    def read(self, openid: str) -> User:
        self.reads += 1
        return MemoryStore.read(self, openid)

    def add(self, openid: str, permits: list[Permit]) -> list[bool]:
        self.writes += len(permits)
        return MemoryStore.add(self, openid, permits)


@pytest.fixture
def store() -> Counter:
    return Counter()


def collect(store: MemoryStore, *makes: Callable[[int], list[Permit]], cap: int = 5) -> Collected:
    offers: list[Offer] = [(f"/{n}", make) for n, make in enumerate(makes)]
    return CollectPermits(store, lambda: NOW, cap)("ada", offers)


def test_entries_are_counted_not_sends(store: Counter) -> None:
    assert collect(store, form("a"), pay("p")) == Collected(stored=2)
    assert len(store.read("ada").live(NOW)) == 4


def test_each_refusal_points_at_its_entry(store: Counter) -> None:
    collected = collect(store, form(""), form("good"), form("x y"), form("old", 1))
    assert collected.stored == 1
    assert collected.rejected == [
        ("/0", Refusal.MOCK_FORM_ID),
        ("/2", Refusal.MALFORMED),
        ("/3", Refusal.EXPIRED),
    ]


def test_the_same_entry_twice_in_one_request_is_stored_once(store: Counter) -> None:
    assert collect(store, form("a"), form("a")) == Collected(stored=1)


def test_a_repeat_costs_no_write_and_is_no_error(store: Counter) -> None:
    collect(store, form("a"), pay("p"))
    writes = store.writes
    assert collect(store, form("a"), pay("prepay_id=p")) == Collected()
    assert store.writes == writes


def test_live_permits_are_capped(store: Counter) -> None:
    collected = collect(store, *[form(f"f{n}") for n in range(7)])
    assert collected.stored == 5
    assert collected.rejected == [("/5", Refusal.TOO_MANY), ("/6", Refusal.TOO_MANY)]


def test_a_prepay_id_is_stored_whole_or_not_at_all(store: Counter) -> None:
    collected = collect(store, form("a"), form("b"), form("c"), pay("p"), form("d"))
    assert (collected.stored, collected.rejected) == (4, [("/3", Refusal.TOO_MANY)])


def test_a_repeat_passes_a_full_cap(store: Counter) -> None:
    collect(store, form("a"), cap=1)
    assert collect(store, form("a"), cap=1) == Collected()


def test_a_request_reads_the_user_once(store: Counter) -> None:
    collect(store, *[form(f"f{n}") for n in range(5)])
    assert (store.reads, store.writes) == (1, 5)


def test_nothing_good_touches_no_store(store: Counter) -> None:
    collect(store, form(""))
    assert (store.reads, store.writes) == (0, 0)
