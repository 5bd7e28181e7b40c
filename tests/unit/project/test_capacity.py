"""The simulation behind docs/capacity.md, and the page itself."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.campaign_setting import BEGINS, DAY, PARTITION_WRITES, Setting
from benchmarks.capacity import COUNTED, rewrite
from benchmarks.simulated_campaign import Simulation
from local.processes import ROOT
from minipush.application.campaigns.costs import LEASE_SECONDS, PRICES

PAGE = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
USERS = 200_000
PLAIN = Setting("plain", partitions=32)


def seconds(setting: Setting, users: int = USERS) -> float:
    return Simulation(users, setting)().seconds


def test_the_page_says_what_is_computed_and_simulated() -> None:
    assert rewrite(PAGE) == PAGE


def test_a_page_that_lacks_a_table_is_no_page_to_write_to() -> None:
    with pytest.raises(ValueError, match="0 tables"):
        rewrite("# Capacity")


def test_every_item_of_the_bill_says_how_it_is_counted() -> None:
    assert COUNTED.keys() == PRICES.keys()


def test_the_same_seed_gives_the_same_time() -> None:
    deadly = replace(PLAIN, killed_after=20.0)
    first, again, other = (Simulation(USERS, deadly, seed)() for seed in (7, 7, 8))
    assert first == again
    assert first != other


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(2, 40),
    st.integers(1, 32),
    st.sampled_from([None, 5.0, 100.0]),
    st.booleans(),
)
def test_nobody_is_lost_and_nobody_comes_twice_unnoticed(
    segments: int, workers: int, partitions: int, killed_after: float | None, in_order: bool
) -> None:
    setting = Setting("any", segments, workers, partitions, killed_after=killed_after, in_order=in_order)
    result = Simulation(20_000, setting)()
    assert result.sends - result.repeated == pytest.approx(20_000, abs=segments)


@pytest.mark.parametrize("rate", [10, 500, 3_000])
def test_a_set_rate_is_never_exceeded(rate: int) -> None:
    assert seconds(replace(PLAIN, per_second=rate), rate * 60) >= 60


def test_one_worker_is_never_faster_than_one_partition_takes_its_claims() -> None:
    alone = Setting("alone", segments=1, workers=2, partitions=32)
    assert seconds(alone) >= USERS / PARTITION_WRITES


def test_workers_are_no_faster_than_their_answers() -> None:
    slow = replace(PLAIN, answer_seconds=10.0)
    assert seconds(slow) >= USERS / (8 * 200 / 10)


def test_neighbours_that_run_together_crowd_one_partition() -> None:
    apart = Setting("apart", segments=32)
    assert seconds(replace(apart, in_order=True)) > 1.5 * seconds(apart)


def test_a_table_that_is_throttled_grows() -> None:
    busy = Setting("busy", segments=32, workers=32, partitions=1)
    assert seconds(busy, 4_000_000) < 4_000_000 / PARTITION_WRITES


def test_a_killed_worker_holds_its_segment_up_for_a_lease() -> None:
    deadly = Simulation(USERS, replace(PLAIN, killed_after=10.0))()
    assert deadly.killed > 0
    assert deadly.seconds > seconds(PLAIN) + LEASE_SECONDS


def test_what_is_beyond_the_daily_quota_waits_for_the_days_after() -> None:
    days = seconds(replace(PLAIN, daily_quota=USERS // 5)) / DAY
    assert 3 < days < 4  # from nine in the morning to some time after the fourth midnight


def test_a_campaign_within_the_quota_is_over_the_same_day() -> None:
    assert seconds(replace(PLAIN, daily_quota=USERS)) == seconds(PLAIN)


def test_each_day_has_a_quota_of_its_own() -> None:
    until_midnight = DAY - BEGINS
    overnight = Setting("overnight", segments=1, per_second=1)
    total = until_midnight + 3_600
    quota = until_midnight + 600
    assert seconds(replace(overnight, daily_quota=quota), total) == seconds(overnight, total)
