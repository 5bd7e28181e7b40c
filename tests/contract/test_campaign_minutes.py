"""A segment's minutes and statistics leave it with a checkpoint: both or neither, and once."""

from dataclasses import replace
from functools import partial

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.segments import SegmentStore
from support.tables import create_campaigns_table, create_tables

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.state.statistics import DynamoStatistics
from minipush.adapters.dynamodb.state.statistics_items import addition_in_transaction
from minipush.channels import message_type
from minipush.domain.campaign_minutes import Closed, Minute
from minipush.domain.campaigns import Segment
from minipush.domain.counts import Counts
from minipush.domain.statistics import Activity
from minipush.domain.timestamps import HOUR_MS, MINUTE_MS

NOW = 1_800_000_000_000
UNTIL = NOW + 30_000
FIRST = NOW // MINUTE_MS
MINUTES = (Minute(FIRST, sent=4), Minute(FIRST + 1, sent=2, failed=1))
SENT = Activity(sent=6, failed=1, spent=6, by_reason={"refused": 1})


def ran(store: SegmentStore, number: int = 0, owner: str = "ann", pages: int = 1) -> Segment:
    return replace(store.take("c-1", number, owner, NOW, UNTIL), counts=Counts(sent=6, failed=1), pages=pages)


def test_closed_minutes_are_kept_for_each_segment(segment_store: SegmentStore) -> None:
    for number in (0, 1):
        assert segment_store.save(ran(segment_store, number), Closed(NOW, MINUTES))
    found, following = segment_store.campaigns.minutes("c-1", 0)
    assert sorted(found) == [(number, minute) for number in (0, 1) for minute in MINUTES]
    assert following is None


def test_minutes_are_read_from_the_one_that_is_asked_for(segment_store: SegmentStore) -> None:
    segment_store.save(ran(segment_store), Closed(NOW, MINUTES))
    assert segment_store.campaigns.minutes("c-1", FIRST + 1) == ([(0, MINUTES[1])], None)


def test_a_checkpoint_that_is_written_again_closes_its_minutes_once(segment_store: SegmentStore) -> None:
    segment = ran(segment_store)
    assert [segment_store.save(segment, Closed(NOW, MINUTES)) for _ in range(2)] == [True, True]
    assert segment_store.campaigns.minutes("c-1", 0) == ([(0, minute) for minute in MINUTES], None)


def test_who_has_lost_the_segment_closes_nothing(segment_store: SegmentStore) -> None:
    stray = ran(segment_store)
    segment_store.take("c-1", 0, "bob", UNTIL + 1, UNTIL + 2)
    assert not segment_store.save(stray, Closed(NOW, MINUTES, SENT))
    assert segment_store.campaigns.minutes("c-1", 0) == ([], None)


def test_a_segment_keeps_its_open_minutes_and_what_is_unreported(segment_store: SegmentStore) -> None:
    segment = replace(ran(segment_store), minutes=MINUTES, unreported=SENT)
    segment_store.save(segment)
    [kept] = segment_store.segments("c-1")
    assert (kept.minutes, kept.unreported) == (MINUTES, SENT)


@pytest.fixture
def counting(dynamodb: DynamoDBClient) -> tuple[SegmentStore, DynamoStatistics]:
    _, state = create_tables(dynamodb)

    added = partial(addition_in_transaction, state, ACCOUNT)
    table = create_campaigns_table(dynamodb)
    store = SegmentStore(
        DynamoCampaignStore(dynamodb, table, 90, message_type),
        DynamoRunningSegments(EventLoopCalls(dynamodb), table, 90, added),
    )
    return store, DynamoStatistics(dynamodb, state, ACCOUNT)


def hour(statistics: DynamoStatistics) -> Activity:
    [entry] = statistics.hours(NOW - NOW % HOUR_MS, NOW + 1, NOW)
    return entry.activity


@pytest.mark.emulator
def test_statistics_are_added_with_the_checkpoint(
    counting: tuple[SegmentStore, DynamoStatistics],
) -> None:
    store, statistics = counting
    store.save(ran(store), Closed(NOW, MINUTES, SENT))
    assert hour(statistics) == SENT


@pytest.mark.emulator
def test_statistics_are_added_once_however_often_the_checkpoint_is_written(
    counting: tuple[SegmentStore, DynamoStatistics],
) -> None:
    store, statistics = counting
    segment = ran(store)
    assert [store.save(segment, Closed(NOW, MINUTES, SENT)) for _ in range(3)] == [True] * 3
    assert hour(statistics) == SENT


@pytest.mark.emulator
def test_a_segment_without_its_lease_adds_no_statistics(
    counting: tuple[SegmentStore, DynamoStatistics],
) -> None:
    store, statistics = counting
    stray = ran(store)
    store.take("c-1", 0, "bob", UNTIL + 1, UNTIL + 2)
    assert not store.save(stray, Closed(NOW, activity=SENT))
    assert hour(statistics) == Activity()
