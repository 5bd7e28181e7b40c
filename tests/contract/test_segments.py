"""Leases on segments, and their progress: in memory and in DynamoDB alike."""

from dataclasses import replace
from functools import partial

import pytest
from support.racing import at_once
from support.sample_campaigns import PAUSED, campaign
from support.segments import SegmentStore

from minipush.domain.campaign_errors import SegmentLeasedError
from minipush.domain.campaigns import CampaignStatus, RefusalState, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Cause, Reason

NOW = 1_800_000_000_000
UNTIL = NOW + 30_000


@pytest.fixture
def store(segment_store: SegmentStore) -> SegmentStore:
    return segment_store


def take(
    store: SegmentStore, owner: str, now: int = NOW, until: int = UNTIL, number: int = 0
) -> Segment | None:
    """None while another owner has it."""
    try:
        return store.take("c-1", number, owner, now, until)
    except SegmentLeasedError:
        return None


def taken(store: SegmentStore, owner: str, now: int = NOW, until: int = UNTIL) -> Segment:
    return store.take("c-1", 0, owner, now, until)


def kept(store: SegmentStore) -> Segment:
    (segment,) = store.segments("c-1")
    return segment


def ran(segment: Segment, pages: int, until: int = UNTIL) -> Segment:
    counts = Counts(sent=pages * 200, skipped=pages * 50, by_reason={"no_permit": pages * 50})
    return replace(segment, cursor=f"user-{pages}", counts=counts, pages=pages, lease_until=until)


def test_a_segment_that_nobody_had_begins_at_the_beginning(store: SegmentStore) -> None:
    expected = Segment("c-1", 7, "ann", UNTIL, owners=((0, "ann"),))
    assert store.take("c-1", 7, "ann", NOW, UNTIL) == expected
    assert store.segments("c-1") == [expected]


def test_what_a_mass_of_refusals_taught_is_kept_and_forgotten(store: SegmentStore) -> None:
    before = taken(store, "ann")
    refusal_state = RefusalState(needs_check=True, usual_percent=40, max_rate=250)
    assert store.save(replace(ran(before, 1, until=0), refusal_state=refusal_state))
    after = taken(store, "bob")
    assert (kept(store).refusal_state, after.refusal_state) == (refusal_state, refusal_state)
    assert store.save(replace(after, refusal_state=RefusalState()))
    assert kept(store).refusal_state == RefusalState()


def test_why_the_last_messages_failed_is_kept_and_forgotten(store: SegmentStore) -> None:
    refused, busy = Cause(Reason.REFUSED, 43101, "refuse", "r-1"), Cause(Reason.WECHAT_UNAVAILABLE)
    window = (None, refused, None, busy, refused)
    assert store.save(replace(ran(taken(store, "ann"), 1, until=0), error_window=window))
    after = taken(store, "bob")
    assert (kept(store).error_window, after.error_window) == (window, window)
    assert store.save(replace(after, error_window=()))
    assert kept(store).error_window == ()


def test_another_has_to_wait_until_its_owners_time_is_over(store: SegmentStore) -> None:
    taken(store, "ann")
    with pytest.raises(SegmentLeasedError) as held:
        taken(store, "bob", UNTIL - 1)
    assert held.value.until == UNTIL
    assert taken(store, "bob", UNTIL, UNTIL + 9).owner == "bob"


def test_an_owner_may_take_its_own_again(store: SegmentStore) -> None:
    before = taken(store, "ann")
    assert taken(store, "ann", NOW + 1, UNTIL + 1) == replace(before, lease_until=UNTIL + 1)


def test_what_was_saved_is_what_the_next_owner_gets(store: SegmentStore) -> None:
    segment = ran(taken(store, "ann"), pages=3)
    segment.settled_out_of_order = frozenset({"eve", "mallory"})
    assert store.save(segment)
    assert kept(store) == segment
    after = taken(store, "bob", UNTIL, UNTIL + 9)
    expected = replace(segment, owner="bob", lease_until=UNTIL + 9, owners=((0, "ann"), (3, "bob")))
    assert after == expected == kept(store)


def test_a_done_segment_can_be_taken_and_is_done(store: SegmentStore) -> None:
    segment = replace(ran(taken(store, "ann"), pages=1, until=0), cursor=None, done=True)
    store.save(segment)
    after = taken(store, "bob", NOW + 1)
    assert (after.done, after.cursor, after.counts) == (True, None, segment.counts)


def test_what_has_gone_is_not_kept(store: SegmentStore) -> None:
    segment = replace(ran(taken(store, "ann"), pages=1), settled_out_of_order=frozenset({"eve"}))
    store.save(segment)
    segment = replace(segment, settled_out_of_order=frozenset(), cursor=None)
    store.save(segment)
    assert kept(store) == segment


def test_a_save_that_keeps_the_lease_leaves_it_as_it_was_renewed(store: SegmentStore) -> None:
    segment = ran(taken(store, "ann"), pages=1)
    assert store.renew(segment, UNTIL + 5)
    assert store.save(segment, keeps_lease=True)
    assert kept(store) == replace(segment, lease_until=UNTIL + 5)


def test_saving_the_same_again_is_no_error(store: SegmentStore) -> None:
    segment = ran(taken(store, "ann"), pages=1)
    assert [store.save(segment), store.save(segment)] == [True, True]
    assert kept(store) == segment


def test_an_owner_holds_it_until_then(store: SegmentStore) -> None:
    segment = taken(store, "ann")
    assert store.renew(segment, UNTIL + 5)
    assert take(store, "bob", UNTIL + 4) is None
    assert kept(store) == replace(segment, lease_until=UNTIL + 5)


def test_an_owner_whose_time_is_over_may_write_while_nobody_else_has_it(store: SegmentStore) -> None:
    segment = taken(store, "ann", NOW, NOW + 1)
    assert take(store, "bob", NOW) is None
    assert store.save(ran(segment, pages=1, until=NOW + 1))
    assert store.renew(segment, UNTIL)
    assert take(store, "bob", NOW + 2) is None


def test_who_has_lost_the_segment_writes_nothing_more(store: SegmentStore) -> None:
    before = taken(store, "ann")
    after = taken(store, "bob", UNTIL, UNTIL + 9)
    assert not store.save(ran(before, pages=5))
    assert not store.renew(before, UNTIL + 99)
    assert kept(store) == after


def test_a_segment_that_nobody_took_cannot_be_written(store: SegmentStore) -> None:
    stray = Segment("c-1", 0, "ann", UNTIL)
    assert not store.save(stray)
    assert not store.renew(stray, UNTIL)
    assert store.segments("c-1") == []


def test_a_segment_that_is_left_can_be_taken_at_once(store: SegmentStore) -> None:
    store.save(ran(taken(store, "ann"), pages=1, until=0))
    assert taken(store, "bob", NOW).pages == 1


def test_each_page_has_the_writer_that_was_the_owner_then(store: SegmentStore) -> None:
    for owner, pages in (("ann", 2), ("bob", 2), ("cat", 5), ("dan", 6)):
        store.save(ran(taken(store, owner), pages, until=0))
    segment = kept(store)
    assert [segment.writer_of(page) for page in range(6)] == ["ann", "ann", "cat", "cat", "cat", "dan"]


def test_owners_that_wrote_nothing_leave_no_trace(store: SegmentStore) -> None:
    for owner in ("ann", "bob", "cat"):
        store.save(ran(taken(store, owner), pages=0, until=0))
    assert kept(store).owners == ((0, "cat"),)


def test_segments_come_by_number_and_each_has_its_own_owner(store: SegmentStore) -> None:
    for number in (10, 2, 999, 0):
        assert take(store, f"w{number}", number=number)
    store.take("c-10", 0, "other", NOW, UNTIL)
    found = store.segments("c-1")
    assert [(segment.number, segment.owner) for segment in found] == [
        (0, "w0"),
        (2, "w2"),
        (10, "w10"),
        (999, "w999"),
    ]


def test_what_an_owner_does_with_its_segment_is_not_kept_before_it_saves(store: SegmentStore) -> None:
    segment = taken(store, "ann")
    segment.counts.sent += 1
    segment.counts.by_reason["quota"] = 1
    assert kept(store).counts == Counts()
    assert store.save(segment)
    segment.counts.sent += 1
    segment.counts.by_reason["quota"] = 2
    assert kept(store).counts == Counts(sent=1, by_reason={"quota": 1})


@pytest.mark.parametrize("round_", range(5))
def test_of_many_that_take_at_once_one_gets_it(store: SegmentStore, round_: int) -> None:
    takers = [f"w{n}" for n in range(8)]
    won = [each for each in at_once([partial(take, store, taker) for taker in takers]) if each]
    assert won == store.segments("c-1")


@pytest.mark.parametrize("round_", range(5))
def test_of_many_that_take_over_at_once_one_gets_it(store: SegmentStore, round_: int) -> None:
    store.save(ran(taken(store, "dead"), pages=4, until=NOW))
    won = [each for each in at_once([partial(take, store, f"w{n}", NOW + 1) for n in range(8)]) if each]
    assert won == store.segments("c-1")
    assert won[0].owners == ((0, "dead"), (4, won[0].owner))


def test_a_page_saved_while_another_takes_over_is_kept_or_refused_never_half(store: SegmentStore) -> None:
    """The owner was taken for dead, and goes on: each of its pages counts and is its own, or fails."""
    segment = taken(store, "slow", NOW, NOW)
    saved: list[int] = []

    def go_on() -> None:
        for pages in range(1, 200):
            if not store.save(ran(segment, pages, until=NOW)):
                return
            saved.append(pages)

    def take_over() -> Segment:
        while not saved:
            pass
        return taken(store, "next", NOW + 1)

    _, after = at_once([go_on, take_over])
    assert isinstance(after, Segment)
    assert after == kept(store)
    assert (after.pages, after.counts.sent) == (saved[-1], 200 * saved[-1])
    assert after.owners == ((0, "slow"), (saved[-1], "next"))


def test_a_worker_sees_the_status_that_its_campaign_has_now(store: SegmentStore) -> None:
    store.campaigns.create(campaign())
    assert store.status("c-1") is CampaignStatus.RUNNING
    store.campaigns.step("c-1", frozenset({CampaignStatus.RUNNING}), PAUSED, NOW)
    assert store.status("c-1") is PAUSED


def test_a_campaign_that_is_gone_has_no_status(store: SegmentStore) -> None:
    assert store.status("c-1") is None
