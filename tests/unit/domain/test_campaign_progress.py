"""How far a campaign has come: what operators see in a bar."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.channels import TEMPLATE_MESSAGE
from minipush.domain.campaign_minutes import Minutes, counted
from minipush.domain.campaign_progress import progress_of
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan, Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Message
from minipush.domain.timestamps import MINUTE_MS

NOW = 30_000_000 * MINUTE_MS
RUNNING, COMPLETED, PAUSED = CampaignStatus.RUNNING, CampaignStatus.COMPLETED, CampaignStatus.PAUSED
ALL = Audience(AudienceType.ALL)
NAMED = Audience(AudienceType.OPENIDS, ("a", "b", "c", "d"))


def campaign(
    status: CampaignStatus = RUNNING, audience: Audience = ALL, expected: int | None = 100
) -> Campaign:
    plan = Plan("Evening", Message(TEMPLATE_MESSAGE, "T1"), audience)
    changed_at = NOW - 10 * MINUTE_MS
    return Campaign("c-1", plan, 2, status, changed_at, changed_at, changed_at, expected=expected)


def segment(sent: int, number: int = 0, *, done: bool = False) -> Segment:
    return Segment("c-1", number, "one", 0, counts=Counts(sent=sent), done=done)


@pytest.mark.parametrize("sent", [0, 40, 99, 100, 250])
def test_a_campaign_that_runs_is_never_full(sent: int) -> None:
    progress = progress_of(campaign(), [segment(sent)], NOW)
    assert (progress.seen, progress.expected) == (sent, max(100, sent + 1))
    assert progress.estimated


@pytest.mark.parametrize("status", [RUNNING, PAUSED])
def test_a_named_audience_is_full_only_at_the_end(status: CampaignStatus) -> None:
    before = progress_of(campaign(status, NAMED, None), [segment(4, done=True)], NOW)
    assert (before.seen, before.expected, before.estimated) == (3, 4, False)
    after = progress_of(campaign(COMPLETED, NAMED, None), [segment(4, done=True)], NOW)
    assert (after.seen, after.expected, after.estimated) == (4, 4, False)


def test_a_long_named_audience_is_counted_without_its_openids() -> None:
    listed = Audience(AudienceType.OPENIDS, left_out=9)
    assert progress_of(campaign(audience=listed), [segment(2)], NOW).expected == 9


def test_what_was_seen_at_the_end_is_what_there_was() -> None:
    progress = progress_of(campaign(COMPLETED), [segment(30)], NOW)
    assert (progress.seen, progress.expected, progress.estimated) == (30, 30, False)


def test_a_cancelled_campaign_stays_where_it_was() -> None:
    progress = progress_of(campaign(CampaignStatus.CANCELLED), [segment(30)], NOW)
    assert (progress.seen, progress.expected) == (30, 100)


def test_without_a_measure_the_segments_that_are_done_tell_of_the_others() -> None:
    segments = [segment(50, done=True), segment(10, 1)]
    assert progress_of(campaign(expected=None), segments, NOW).expected == 80


@given(st.lists(st.integers(0, 50), max_size=20), st.none() | st.integers(0, 300))
def test_seen_never_goes_back_and_is_full_at_the_end_only(steps: list[int], expected: int | None) -> None:
    seen, total = 0, 0
    for step in steps:
        total += step
        progress = progress_of(campaign(expected=expected), [segment(total)], NOW)
        assert seen <= progress.seen < progress.expected
        seen = progress.seen
    end = progress_of(campaign(COMPLETED, expected=expected), [segment(total, done=True)], NOW)
    assert seen <= end.seen == end.expected


# ---- the rate


def test_the_rate_is_that_of_the_last_minutes() -> None:
    minutes: Minutes = ()
    for minute in range(10):
        minutes = counted(minutes, Counts(sent=600), NOW + minute * MINUTE_MS)
    now = NOW + 10 * MINUTE_MS
    progress = progress_of(campaign(expected=7200), [replace(segment(6000), minutes=minutes)], now)
    assert progress.per_second == 10.0
    assert progress.eta == now + 120_000


def test_a_campaign_that_has_just_begun_is_rated_since_then() -> None:
    begun = replace(campaign(), changed_at=NOW - 5000)
    minutes = counted((), Counts(sent=50), NOW)
    progress = progress_of(begun, [replace(segment(50), minutes=minutes)], NOW)
    assert progress.per_second == 10.0


@pytest.mark.parametrize("status", [PAUSED, COMPLETED, CampaignStatus.SCHEDULED])
def test_what_does_not_run_has_no_rate(status: CampaignStatus) -> None:
    progress = progress_of(
        campaign(status), [replace(segment(9), minutes=counted((), Counts(sent=9), NOW))], NOW
    )
    assert (progress.per_second, progress.eta) == (0.0, None)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), max_size=30))
def test_minutes_are_few_and_in_order_whatever_the_clocks_say(counts: list[tuple[int, int]]) -> None:
    minutes: Minutes = ()
    for minute, recipients in counts:
        minutes = counted(minutes, Counts(sent=recipients), NOW + minute * MINUTE_MS)
    order = [minute.at for minute in minutes]
    assert order == sorted(set(order))
    assert len(minutes) <= 5 + 2
