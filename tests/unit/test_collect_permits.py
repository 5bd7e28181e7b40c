import asyncio
from collections.abc import Callable

import pytest
from fakes.memory import MemoryStore

from minipush.domain.permits import Permit, Refusal, form_permits, pay_permits, subscription_permits
from minipush.domain.users import User
from minipush.usecases.collect_permits import Collected, CollectPermits, Offer

NOW = 1_800_000_000_000


def form(id_: str, expires_at: int | None = None) -> Callable[[int], list[Permit]]:
    return lambda now: form_permits(id_, expires_at, now)


def pay(id_: str) -> Callable[[int], list[Permit]]:
    return lambda now: pay_permits(id_, now)


def accept(id_: str, result: str = "accept", *, long_term: bool = False) -> Callable[[int], list[Permit]]:
    return lambda _: subscription_permits(id_, "T", result, long_term=long_term)


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


@pytest.mark.parametrize("result", ["reject", "ban", "filter"])
def test_a_refusal_stores_nothing_and_takes_nothing_away(store: Counter, result: str) -> None:
    collect(store, accept("1"), accept("2", long_term=True))
    before = store.read("ada")
    collected = collect(store, accept("3", result), accept("1", result), accept("", result, long_term=True))
    assert (collected.stored, {refusal for _, refusal in collected.rejected}) == (0, {Refusal.NOT_ACCEPTED})
    assert store.read("ada") == before


@pytest.mark.parametrize("become", ["claimed", "dead", "emptied", "withdrawn"])
def test_an_accept_that_is_reported_again_counts_once_whatever_became_of_it(
    store: Counter, become: str
) -> None:
    collect(store, accept("1"), accept("2"))
    permit, other = store.read("ada").permits

    async def spend() -> None:
        await store.claim("ada", permit, "d/x", NOW)
        if become == "dead":
            await store.bury("ada", permit, "d/x", 43101)
        if become == "emptied":
            await store.give_back("ada", permit, "d/x")
            await store.empty("ada", [permit], "d/x", 43101, NOW)

    if become == "withdrawn":
        store.withdraw("ada", {"T"}, NOW)
    else:
        asyncio.run(spend())
    assert collect(store, accept("1")) == Collected(stored=0)
    assert store.read("ada").live(NOW) == ([] if become == "withdrawn" else [other])


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
