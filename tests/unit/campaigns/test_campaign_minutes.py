from dataclasses import replace

import pytest
from support.campaigns import MemoryCampaigns
from support.sample_campaigns import campaign

from minipush.application.campaigns.read_minutes import ReadMinutes
from minipush.domain.campaign_errors import UnknownCampaignError
from minipush.domain.campaign_minutes import SPAN, Closed, Minute, by_step, closed_minutes, counted
from minipush.domain.campaigns import Segment
from minipush.domain.counts import Counts

MINUTE = 60_000
# The first minute of a span.
START = 6_000_000 * SPAN


def at(minute: int) -> int:
    return (START + minute) * MINUTE


def test_recipients_count_in_the_minute_in_which_they_are_counted() -> None:
    minutes = counted((), Counts(sent=3), at(0))
    minutes = counted(minutes, Counts(sent=1, failed=2), at(0) + 59_999)
    minutes = counted(minutes, Counts(unknown=1), at(1))
    assert minutes == (Minute(START, sent=4, failed=2), Minute(START + 1, unknown=1))


def test_a_clock_that_is_behind_does_not_go_back() -> None:
    minutes = counted(counted((), Counts(sent=1), at(5)), Counts(sent=1), at(3))
    assert minutes == (Minute(START + 5, sent=2),)


def test_a_span_is_closed_by_the_first_count_of_a_later_one() -> None:
    before = counted(counted((), Counts(sent=1), at(2)), Counts(sent=2), at(4))
    assert closed_minutes(before, counted(before, Counts(sent=1), at(4))) == ()
    after = counted(before, Counts(sent=4), at(5))
    assert closed_minutes(before, after) == before
    assert closed_minutes(after, counted(after, Counts(), at(6))) == ()


def test_a_minute_that_the_rate_needs_is_not_closed_twice() -> None:
    before = counted((), Counts(sent=1), at(4))
    after = counted(before, Counts(sent=4), at(5))
    assert after == (Minute(START + 4, sent=1), Minute(START + 5, sent=4))
    later = counted(after, Counts(sent=1), at(10))
    assert closed_minutes(after, later) == (Minute(START + 5, sent=4),)


def test_steps_are_sums_of_their_minutes() -> None:
    minutes = [Minute(START + n, sent=1, skipped=n) for n in (0, 1, 4, 5, 12)]
    assert by_step(minutes, 5) == [
        Minute(START, sent=3, skipped=5),
        Minute(START + 5, sent=1, skipped=5),
        Minute(START + 10, sent=1, skipped=12),
    ]


class Paged(MemoryCampaigns):
    """Gives one span in each page, as a store with many segments may."""

    def minutes(self, campaign_id: str, first: int) -> tuple[list[tuple[int, Minute]], int | None]:
        found, _ = super().minutes(campaign_id, first)
        page = [entry for entry in found if entry[1].span == found[0][1].span]
        rest = found[len(page) :]
        return page, rest[0][1].span * SPAN if rest else None


@pytest.fixture
def store() -> Paged:
    store = Paged()
    store.create(campaign())
    for number in (0, 1):
        for span in range(4):
            segment = replace(store.take("c-1", number, "ann", 0, 1), pages=span)
            minutes = tuple(Minute(START + SPAN * span + n, sent=1) for n in range(SPAN))
            store.save(segment, Closed(at(SPAN * span), minutes))
        open_now = replace(store.take("c-1", number, "ann", 0, 1), minutes=(Minute(START + 20, failed=1),))
        store.save(open_now)
    return store


def test_the_timeline_has_all_segments_and_the_open_minutes(store: Paged) -> None:
    sums, following = ReadMinutes(store)("c-1", 1, 1440)
    assert sums == [*(Minute(START + n, sent=2) for n in range(20)), Minute(START + 20, failed=2)]
    assert following is None


@pytest.mark.parametrize("step", [1, 7, 15, 40])
def test_pages_of_a_timeline_make_the_whole(store: Paged, step: int) -> None:
    read, start, found = ReadMinutes(store), 0, []
    while True:
        sums, following = read("c-1", step, 2, start)
        assert len(sums) <= 2 or following is None
        found += sums
        if following is None:
            break
        start = following
    assert found == read("c-1", step, 1440)[0]
    assert sum(each.total for each in found) == 42


def test_a_minute_that_closed_while_it_was_read_counts_once(store: Paged) -> None:
    both = replace(store.take("c-1", 0, "ann", 0, 1), minutes=(Minute(START + 19, sent=1),))
    store.save(both)
    sums, _ = ReadMinutes(store)("c-1", 1, 1440)
    assert sums[19] == Minute(START + 19, sent=2)


def test_an_unknown_campaign_has_no_timeline() -> None:
    with pytest.raises(UnknownCampaignError):
        ReadMinutes(MemoryCampaigns())("c-1", 1, 10)


def test_a_segment_that_nobody_ran_has_no_minutes() -> None:
    assert Segment("c-1", 0, "ann", 0).minutes == ()
