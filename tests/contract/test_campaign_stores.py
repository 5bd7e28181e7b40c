"""Stores of campaigns: in memory and in DynamoDB alike."""

from dataclasses import replace
from functools import partial

import pytest
from support.racing import at_once
from support.sample_campaigns import EVERYBODY, MESSAGE, NOW, campaign, ids, named

from minipush.application.ports.campaigns import INLINE, CampaignStore
from minipush.domain.campaign_history import Happened, HistoryEntry
from minipush.domain.campaigns import (
    Audience,
    AudienceType,
    Campaign,
    CampaignStatus,
    FrequencyCap,
    Plan,
)
from minipush.domain.messages import Cause, Reason

SCHEDULED, RUNNING, PAUSED = CampaignStatus.SCHEDULED, CampaignStatus.RUNNING, CampaignStatus.PAUSED
COMPLETED, CANCELLED, FAILED = CampaignStatus.COMPLETED, CampaignStatus.CANCELLED, CampaignStatus.FAILED


@pytest.fixture
def store(campaign_store: CampaignStore) -> CampaignStore:
    return campaign_store


def page_through(store: CampaignStore, limit: int) -> list[list[str]]:
    pages, cursor, more = [], None, True
    while more:
        page, cursor = store.newest(limit, cursor)
        pages.append(ids(page))
        more = cursor is not None
    return pages


# ---- creating and reading


@pytest.mark.parametrize(
    "audience",
    [
        EVERYBODY,
        Audience(AudienceType.TAG, tag="vip"),
        Audience(AudienceType.EXPIRING, within_hours=24),
        named(INLINE),
    ],
    ids=lambda audience: audience.type,
)
def test_a_campaign_comes_back_as_it_was_created(store: CampaignStore, audience: Audience) -> None:
    plan = Plan("Autumn", MESSAGE, audience, NOW + 1, 250, FrequencyCap(2, 24))
    made = Campaign("c-1", plan, 20, PAUSED, NOW, NOW + 1, NOW + 2, NOW + 3, Reason.QUOTA, 45009)
    assert store.create(made) == made
    assert store.read("c-1") == made


def test_an_unknown_campaign_is_none(store: CampaignStore) -> None:
    assert store.read("c-1") is None
    assert store.step("c-1", frozenset(CampaignStatus), PAUSED, NOW) is None
    assert store.segments("c-1") == []
    assert not store.has_unpublished("c-1")


def test_creating_again_gives_what_is_kept_and_changes_nothing(store: CampaignStore) -> None:
    store.create(campaign(status=SCHEDULED))
    kept = store.step("c-1", frozenset({SCHEDULED}), RUNNING, NOW + 1)
    assert store.create(campaign(status=SCHEDULED, audience=named(3))) == kept
    assert store.read("c-1") == kept


def test_of_two_that_create_at_once_both_get_the_one_that_is_kept(store: CampaignStore) -> None:
    made = [replace(campaign(), created_at=NOW + n) for n in range(8)]
    given = at_once([partial(store.create, each) for each in made])
    assert given == [store.read("c-1")] * 8
    assert given[0] in made


def test_a_long_audience_is_read_only_where_it_is_asked_for(store: CampaignStore) -> None:
    made = campaign(audience=named(10_000, width=128))
    created = store.create(made)
    kept = store.read("c-1")
    assert kept
    assert kept.plan.audience == Audience(AudienceType.OPENIDS)
    assert created == kept == store.create(made)
    assert store.openids(kept) == made.plan.audience.openids
    assert store.openids(made) == made.plan.audience.openids


def test_an_audience_that_is_just_too_long_is_whole_all_the_same(store: CampaignStore) -> None:
    made = campaign(audience=named(INLINE + 1))
    assert store.openids(store.create(made)) == made.plan.audience.openids


def test_odd_names_are_kept_as_they_are(store: CampaignStore) -> None:
    odd = Audience(AudienceType.OPENIDS, ("", "a b", '"', "\\", "\n", "张三", "😀", "\u2028"))
    made = campaign(audience=odd)
    assert store.openids(store.create(made)) == odd.openids


def test_an_audience_that_is_not_named_has_no_openids(store: CampaignStore) -> None:
    assert store.openids(store.create(campaign())) == ()


# ---- the newest


def test_the_newest_come_first_and_each_once(store: CampaignStore) -> None:
    for n in (3, 1, 4, 0, 2):
        store.create(campaign(f"c-{n}", created_at=NOW + n))
    assert page_through(store, 2) == [["c-4", "c-3"], ["c-2", "c-1"], ["c-0"]]


def test_those_of_the_same_millisecond_are_each_listed_once(store: CampaignStore) -> None:
    for n in range(7):
        store.create(campaign(f"c-{n}"))
    assert page_through(store, 3) == [["c-6", "c-5", "c-4"], ["c-3", "c-2", "c-1"], ["c-0"]]


def test_the_last_page_says_so_also_when_it_is_full(store: CampaignStore) -> None:
    for n in range(4):
        store.create(campaign(f"c-{n}"))
    assert page_through(store, 2) == [["c-3", "c-2"], ["c-1", "c-0"]]
    assert page_through(store, 4) == [["c-3", "c-2", "c-1", "c-0"]]


def test_without_campaigns_there_is_an_empty_page(store: CampaignStore) -> None:
    assert store.newest(10, None) == ([], None)


def test_what_is_created_meanwhile_does_not_shift_the_pages(store: CampaignStore) -> None:
    for n in range(4):
        store.create(campaign(f"c-{n}", created_at=NOW + n))
    _, cursor = store.newest(2, None)
    store.create(campaign("c-new", created_at=NOW + 9))
    page, _ = store.newest(2, cursor)
    assert ids(page) == ["c-1", "c-0"]


def test_campaigns_are_listed_as_they_are_read(store: CampaignStore) -> None:
    store.create(campaign("c-long", audience=named(INLINE + 1)))
    store.create(campaign("c-short", audience=named(2)))
    page, _ = store.newest(10, None)
    assert page == [store.read("c-short"), store.read("c-long")]


def test_more_than_a_hundred_can_be_listed_at_once(store: CampaignStore) -> None:
    for n in range(120):
        store.create(campaign(f"c-{n:03}"))
    assert page_through(store, 110) == [
        [f"c-{n:03}" for n in range(119, 9, -1)],
        [f"c-{n:03}" for n in range(9, -1, -1)],
    ]


# ---- the newest of one status


def test_campaigns_of_one_status_come_newest_first_and_each_once(store: CampaignStore) -> None:
    for n in range(9):
        store.create(campaign(f"c-{n}", PAUSED if n % 3 else RUNNING, created_at=NOW + n))
    first, cursor = store.newest(4, None, PAUSED)
    second, end = store.newest(4, cursor, PAUSED)
    assert (ids(first), ids(second), end) == (["c-8", "c-7", "c-5", "c-4"], ["c-2", "c-1"], None)
    assert ids(store.newest(9, None, RUNNING)[0]) == ["c-6", "c-3", "c-0"]


def test_a_campaign_is_listed_under_the_status_that_it_has_now(store: CampaignStore) -> None:
    store.create(campaign())
    store.step("c-1", frozenset({RUNNING}), COMPLETED, NOW + 1)
    assert store.newest(9, None, RUNNING) == ([], None)
    assert ids(store.newest(9, None, COMPLETED)[0]) == ["c-1"]


def test_no_campaign_has_the_status(store: CampaignStore) -> None:
    store.create(campaign())
    assert store.newest(9, None, FAILED) == ([], None)


@pytest.mark.parametrize("cursor", ["x", "????", "YQ", "_w", "ü", "MTIz"])
def test_a_cursor_that_is_none_is_refused(store: CampaignStore, cursor: str) -> None:
    with pytest.raises(ValueError):
        store.newest(2, cursor)


def test_a_cursor_can_stand_in_an_address(store: CampaignStore) -> None:
    for n in range(2):
        store.create(campaign(f"c-{n}?>ÿ"))
    _, cursor = store.newest(1, None)
    assert cursor
    assert cursor.replace("-", "").replace("_", "").replace("=", "").isalnum()


# ---- steps


def test_a_step_is_taken_from_an_allowed_status_only(store: CampaignStore) -> None:
    made = store.create(campaign(status=RUNNING))
    assert store.step("c-1", frozenset({SCHEDULED, PAUSED}), CANCELLED, NOW + 1) is None
    assert store.read("c-1") == made
    paused = store.step("c-1", frozenset({SCHEDULED, RUNNING}), PAUSED, NOW + 1)
    assert paused == replace(made, status=PAUSED, changed_at=NOW + 1) == store.read("c-1")


def test_why_it_paused_is_forgotten_when_it_runs_again(store: CampaignStore) -> None:
    store.create(campaign())
    paused = store.step(
        "c-1", frozenset({RUNNING}), PAUSED, NOW + 1, Cause(Reason.QUOTA, 45009, "no quota", "r-1")
    )
    assert paused == store.read("c-1")
    assert paused
    why = (paused.reason, paused.errcode, paused.errmsg, paused.rid)
    assert why == (Reason.QUOTA, 45009, "no quota", "r-1")
    resumed = store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2)
    assert resumed
    assert (resumed.reason, resumed.errcode) == (None, None)
    assert (resumed.errmsg, resumed.rid) == (None, None)
    assert resumed == store.read("c-1")


def test_a_campaign_starts_once_and_finishes_once(store: CampaignStore) -> None:
    store.create(campaign(status=SCHEDULED))
    for at, (before, after) in enumerate(
        [(SCHEDULED, RUNNING), (RUNNING, PAUSED), (PAUSED, RUNNING), (RUNNING, COMPLETED)], NOW + 1
    ):
        store.step("c-1", frozenset({before}), after, at)
    kept = store.read("c-1")
    assert kept
    assert (kept.started_at, kept.finished_at, kept.changed_at) == (NOW + 1, NOW + 4, NOW + 4)


@pytest.mark.parametrize("status", [COMPLETED, CANCELLED, FAILED])
def test_a_final_status_says_when(store: CampaignStore, status: CampaignStatus) -> None:
    store.create(campaign(status=RUNNING))
    final = store.step("c-1", frozenset({RUNNING}), status, NOW + 5)
    assert final
    assert (final.finished_at, final.started_at) == (NOW + 5, None)


def test_a_step_can_be_for_campaigns_of_one_reason(store: CampaignStore) -> None:
    store.create(campaign())
    store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 1, Cause(Reason.SENDING_OFF))
    assert store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2, because=Reason.QUOTA) is None
    resumed = store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2, because=Reason.SENDING_OFF)
    assert resumed
    assert (resumed.status, resumed.reason) == (RUNNING, None)
    store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 3)
    assert store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 4, because=Reason.SENDING_OFF) is None


def test_of_many_that_step_at_once_one_does(store: CampaignStore) -> None:
    store.create(campaign())
    steps = at_once([lambda: store.step("c-1", frozenset({RUNNING}), COMPLETED, NOW + 1)] * 8)
    assert sum(step is not None for step in steps) == 1


def test_a_step_keeps_the_audience(store: CampaignStore) -> None:
    made = campaign(audience=named(INLINE + 1))
    store.create(made)
    paused = store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 1)
    assert paused
    assert store.openids(paused) == made.plan.audience.openids


def test_a_step_of_a_campaign_that_was_edited_since_is_not_taken(store: CampaignStore) -> None:
    seen = store.create(campaign(status=SCHEDULED))
    edited = store.edit(seen, replace(seen, plan=replace(seen.plan, at=NOW + 9)), NOW)
    assert edited
    assert store.step("c-1", frozenset({SCHEDULED}), RUNNING, NOW, revision=seen.revision) is None
    assert store.step("c-1", frozenset({SCHEDULED}), RUNNING, NOW, revision=edited.revision)


def test_a_paused_campaign_that_waits_again_has_not_started(store: CampaignStore) -> None:
    store.create(campaign(status=SCHEDULED))
    store.step("c-1", frozenset({SCHEDULED}), PAUSED, NOW + 1)
    waits = store.step("c-1", frozenset({PAUSED}), SCHEDULED, NOW + 2)
    assert waits == store.read("c-1")
    assert waits
    assert (waits.status, waits.started_at) == (SCHEDULED, None)
    assert not store.has_unpublished("c-1")


# ---- edits


@pytest.mark.parametrize("status", [SCHEDULED, PAUSED])
@pytest.mark.parametrize("audience", [EVERYBODY, named(INLINE), named(INLINE + 1), named(1200)])
def test_a_campaign_that_waits_is_edited(
    store: CampaignStore, status: CampaignStatus, audience: Audience
) -> None:
    seen = store.create(campaign(status=status, audience=named(INLINE + 2, width=7)))
    plan = Plan("Winter", replace(MESSAGE, template_id="S2"), audience, NOW + 7, 50, FrequencyCap(1, 2))
    edited = store.edit(seen, replace(seen, plan=plan, segments=3, segments_at_once=2), NOW + 1)
    assert edited
    assert edited == store.read("c-1")
    assert store.openids(edited) == audience.openids
    whole = replace(edited.plan, audience=audience)
    assert (whole, edited.segments, edited.segments_at_once) == (plan, 3, 2)
    assert (edited.status, edited.changed_at) == (status, seen.changed_at)


def test_a_campaign_that_has_started_is_not_edited(store: CampaignStore) -> None:
    for id_, status in (("c-1", RUNNING), ("c-2", COMPLETED)):
        seen = store.create(campaign(id_, status))
        assert store.edit(seen, replace(seen, segments=1), NOW) is None
    started = store.create(campaign("c-3", PAUSED, started_at=NOW))
    assert store.edit(started, replace(started, segments=1), NOW) is None
    assert store.read("c-3") == started


def test_of_two_edits_of_the_same_plan_one_counts_with_its_audience(store: CampaignStore) -> None:
    seen = store.create(campaign(status=SCHEDULED))
    plans = [replace(seen.plan, name=str(n), audience=named(600, width=n + 5)) for n in range(4)]
    edits = at_once([partial(store.edit, seen, replace(seen, plan=plan), NOW) for plan in plans])
    [edited] = [each for each in edits if each]
    assert edited == store.read("c-1")
    [plan] = [plan for plan in plans if plan.name == edited.plan.name]
    assert store.openids(edited) == plan.audience.openids


# ---- history


def test_what_happened_is_told_in_order_and_by_whom(store: CampaignStore) -> None:
    seen = store.create(campaign(status=SCHEDULED), "ann")
    store.edit(seen, replace(seen, segments=2), NOW + 1, "bob")
    store.step("c-1", frozenset({SCHEDULED}), RUNNING, NOW + 2)
    store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 3, Cause(Reason.QUOTA, 45009))
    store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 4, by="cat")
    store.step("c-1", frozenset({RUNNING, PAUSED}), COMPLETED, NOW + 5)
    assert store.history("c-1") == [
        HistoryEntry(NOW, Happened.MADE, SCHEDULED, "ann"),
        HistoryEntry(NOW + 1, Happened.EDITED, SCHEDULED, "bob"),
        HistoryEntry(NOW + 2, Happened.STARTED, RUNNING),
        HistoryEntry(NOW + 3, Happened.PAUSED, PAUSED, reason=Reason.QUOTA),
        HistoryEntry(NOW + 4, Happened.RESUMED, RUNNING, "cat"),
        HistoryEntry(NOW + 5, Happened.ENDED, COMPLETED),
    ]


def test_a_campaign_that_runs_at_once_has_started(store: CampaignStore) -> None:
    store.create(campaign())
    assert [entry.event for entry in store.history("c-1")] == [Happened.MADE, Happened.STARTED]
    assert store.history("c-2") == []


def test_a_long_history_keeps_its_first_and_its_last_entries(store: CampaignStore) -> None:
    store.create(campaign())
    for n in range(30):
        store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 2 * n)
        store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2 * n + 1)
    history = store.history("c-1")
    assert len(history) == 40
    assert history[0].event is Happened.MADE
    assert [entry.at for entry in history[1:]] == [NOW + n for n in range(21, 60)]


# ---- unpublished steps


@pytest.mark.parametrize("status", [PAUSED, COMPLETED, CANCELLED, FAILED])
def test_a_step_is_unpublished_until_it_is_marked(store: CampaignStore, status: CampaignStatus) -> None:
    store.create(campaign())
    assert not store.has_unpublished("c-1")
    stepped = store.step("c-1", frozenset({RUNNING}), status, NOW + 1)
    assert store.has_unpublished("c-1")
    assert stepped
    store.mark_published(stepped)
    assert not store.has_unpublished("c-1")
    store.mark_published(stepped)
    assert store.read("c-1") == stepped


def test_a_step_to_running_is_not_to_be_published_nor_is_an_earlier_one(store: CampaignStore) -> None:
    store.create(campaign())
    store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 1)
    store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2)
    assert not store.has_unpublished("c-1")


@pytest.mark.parametrize("later", [COMPLETED, PAUSED])
def test_publishing_an_earlier_step_leaves_the_later_one_unpublished(
    store: CampaignStore, later: CampaignStatus
) -> None:
    store.create(campaign())
    earlier = store.step("c-1", frozenset({RUNNING}), PAUSED, NOW + 1)
    store.step("c-1", frozenset({PAUSED}), RUNNING, NOW + 2)
    store.step("c-1", frozenset({RUNNING}), later, NOW + 3)
    assert earlier
    store.mark_published(earlier)
    assert store.has_unpublished("c-1")


def test_publishing_a_campaign_that_is_gone_is_no_error(store: CampaignStore) -> None:
    store.mark_published(campaign())
    assert store.read("c-1") is None


def test_unfinished_are_those_that_may_go_on_and_those_with_an_unpublished_step(store: CampaignStore) -> None:
    for status in CampaignStatus:
        store.create(campaign(f"c-{status}", status))
        store.create(campaign(f"c-published-{status}"))
        if stepped := store.step(f"c-published-{status}", frozenset({RUNNING}), status, NOW + 1):
            store.mark_published(stepped)
    store.create(campaign("c-unpublished"))
    store.step("c-unpublished", frozenset({RUNNING}), COMPLETED, NOW + 1)
    assert sorted(ids(list(store.unfinished()))) == [
        "c-paused",
        "c-published-paused",
        "c-published-running",
        "c-published-scheduled",
        "c-running",
        "c-scheduled",
        "c-unpublished",
    ]


def test_unfinished_campaigns_come_as_they_are_read(store: CampaignStore) -> None:
    store.create(campaign(audience=named(INLINE + 1)))
    assert list(store.unfinished()) == [store.read("c-1")]
