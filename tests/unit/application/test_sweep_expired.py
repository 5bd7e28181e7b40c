from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import MemoryStore

from minipush.application.permits.sweep_expired import PAGES_PER_SAVE, SweepExpired
from minipush.application.ports.sweeps import Sweep
from minipush.domain import permit_kinds
from minipush.domain.permits import Claim, Permit
from minipush.domain.pool import PoolMeasure

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000
DAY = 24 * HOUR


def store_with(**users: list[Permit]) -> MemoryStore:
    store = MemoryStore()
    for openid, permits in users.items():
        store.add(openid, permits)
    return store


def form(id_: str, expires_at: int, claim: Claim | None = None) -> Permit:
    return Permit(permit_kinds.FORM, id_, expires_at, claim=claim)


def test_a_sweep_removes_what_expired_and_measures_what_lives() -> None:
    spent = form("spent", NOON + HOUR, Claim("d", NOON))
    store = store_with(
        ada=[form("old", NOON - 1), form("a", NOON + HOUR), form("b", NOON + 7 * DAY)],
        bob=[form("old", NOON), spent],
        cid=[Permit(permit_kinds.ONCE, "o", template_id="T")],
    )
    sweep = SweepExpired(store, lambda: NOON, grace_ms=0)(lambda: True)
    assert (sweep.removed, sweep.finished) == (2, True)
    pool = store.pool()
    assert pool
    assert (pool.reachable_users, pool.permits) == (2, 3)
    assert dict(pool.expiring_by_day())["2026-11-20"] == 1
    assert dict(pool.expiring_by_day())["2026-11-27"] == 1
    assert store.read("bob").permits == (spent,)


def test_a_claim_outlives_its_permit_as_proof_of_what_was_sent() -> None:
    spent = form("spent", NOON - HOUR, Claim("d", NOON - 2 * HOUR))
    forgotten = form("forgotten", NOON - 8 * DAY, Claim("d", NOON - 7 * DAY))
    store = store_with(ada=[spent, forgotten])
    assert SweepExpired(store, lambda: NOON, grace_ms=0)(lambda: True).removed == 1
    assert store.read("ada").permits == (spent,)


def test_the_grace_leaves_the_recently_expired_to_ttl() -> None:
    store = store_with(ada=[form("old", NOON - 2 * HOUR), form("recent", NOON - HOUR + 1)])
    assert SweepExpired(store, lambda: NOON, grace_ms=HOUR)(lambda: True).removed == 1
    assert [permit.id for permit in store.read("ada").permits] == ["recent"]


def test_a_sweep_out_of_time_is_taken_up_where_it_stood() -> None:
    users = {f"user{n:02}": [form("a", NOON + HOUR), form("old", NOON - 1)] for n in range(20)}
    store = store_with(**users)
    whole = SweepExpired(store_with(**users), lambda: NOON, 0)(lambda: True)
    runs = 0
    finished = False
    while not finished:
        time_for_two_pages = iter([True, True, False])
        sweep = SweepExpired(store, lambda: NOON, 0)(time_for_two_pages.__next__)
        finished, runs = sweep.finished, runs + 1
    assert runs > 3
    assert (sweep.removed, sweep.measure) == (whole.removed, whole.measure)


def test_a_user_across_two_pages_is_counted_once() -> None:
    store = store_with(ada=[form(f"f{n}", NOON + HOUR) for n in range(10)])
    SweepExpired(store, lambda: NOON, 0)(lambda: True)
    pool = store.pool()
    assert pool
    assert (pool.reachable_users, pool.permits) == (1, 10)


def test_tags_are_counted_once_whatever_the_pages_and_runs() -> None:
    store = store_with(**{f"user{n:02}": [form("a", NOON + HOUR)] for n in range(20)})
    for n in range(20):
        store.change(f"user{n:02}", {"tags": ("vip", "even")[: 1 + (n % 2 == 0)]})
    finished = False
    while not finished:
        finished = SweepExpired(store, lambda: NOON, 0)(iter([True, True, False]).__next__).finished
    tags = store.tags()
    assert tags
    assert (tags.at, tags.largest_first()) == (NOON, [("vip", 20), ("even", 10)])


def test_no_measure_is_published_before_the_pass_is_whole() -> None:
    store = store_with(**{f"user{n}": [form("a", NOON + HOUR)] for n in range(9)})
    once = iter([True, False])
    SweepExpired(store, lambda: NOON, 0)(lambda: next(once))
    assert store.pool() is None


def test_a_sweep_that_another_overtook_stops_and_publishes_nothing() -> None:
    store = store_with(**{f"user{n}": [form("a", NOON + HOUR)] for n in range(60)})

    def another_runs() -> bool:
        SweepExpired(store, lambda: NOON + 1, 0)(iter([True, False]).__next__)
        return True

    assert not SweepExpired(store, lambda: NOON, 0)(another_runs).finished
    assert store.pool() is None


def test_a_run_that_dies_at_its_end_loses_no_measure() -> None:
    class DiesAtTheEnd(MemoryStore):
        def save(self, sweep: Sweep) -> bool:
            if sweep.finished:
                super().save(sweep)
                raise SystemExit
            return super().save(sweep)

    store = DiesAtTheEnd()
    store.add("ada", [form("a", NOON + HOUR)])
    with pytest.raises(SystemExit):
        SweepExpired(store, lambda: NOON, 0)(lambda: True)
    pool = store.pool()
    assert pool
    assert pool.permits == 1


def test_the_days_shown_are_the_rest_of_today_and_seven_more() -> None:
    days = [day for day, _ in PoolMeasure(NOON).expiring_by_day()]
    first = datetime(2026, 11, 20, tzinfo=UTC)
    assert days == [(first + timedelta(days=n)).date().isoformat() for n in range(8)]


@given(st.lists(st.integers(0, 7 * DAY - 1), max_size=30), st.integers(0, 2 * 10**12))
def test_every_permit_that_expires_is_on_some_day(lives: list[int], now: int) -> None:
    measure = PoolMeasure(now)
    for n, life in enumerate(lives):
        measure.count("ada", form(f"f{n}", now + 1 + life))
    assert sum(count for _, count in measure.expiring_by_day()) == len(lives) == measure.permits


def test_a_place_is_kept_after_some_pages_and_at_the_end() -> None:
    saved: list[bool] = []

    class Store(MemoryStore):
        def save(self, sweep: Sweep) -> bool:
            saved.append(sweep.finished)
            return super().save(sweep)

    store = Store(page_size=1)
    for n in range(PAGES_PER_SAVE + 2):
        store.add(f"user{n:02}", [form("a", NOON + HOUR)])
    assert SweepExpired(store, lambda: NOON, 0)(lambda: True).finished
    assert saved == [False, True]


def swept(store: MemoryStore, now: int) -> PoolMeasure:
    return SweepExpired(store, lambda: now, grace_ms=DAY)(lambda: True).measure


def test_the_first_sweep_does_not_know_what_expired_before() -> None:
    assert swept(store_with(ada=[form("old", NOON - 1)]), NOON).expired == 0


def test_every_unspent_permit_that_expires_is_counted_by_one_sweep() -> None:
    spent = form("spent", NOON + 2, Claim("d", NOON))
    unlimited = Permit(permit_kinds.ONCE, "o", template_id="T")
    expiring = [form(f"{n}", NOON + n) for n in (0, 1, HOUR, HOUR + 1, 2 * HOUR)]
    store = store_with(ada=[*expiring, spent, unlimited])
    counted = [swept(store, NOON + n * HOUR).expired for n in range(4)]
    assert counted == [0, 2, 2, 0]
