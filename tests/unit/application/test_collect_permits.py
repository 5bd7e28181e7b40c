import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest
from support.memory import MemoryStore, MemoryTargetStore, MemoryTemplates

from minipush.application.messages.known_templates import KnownTemplates
from minipush.application.permits.collect_permits import CollectPermits, CollectResult, RejectedReport
from minipush.domain.daily_use import CHANGES_A_DAY, PERMITS_A_DAY, Admission, CountedChange
from minipush.domain.permit_rejections import PermitRejection
from minipush.domain.permits import Permit
from minipush.domain.prompts import SubscriptionTargets, Target
from minipush.domain.reported_permits import (
    ReportedFormId,
    ReportedPermit,
    ReportedPrepayId,
    ReportedSubscription,
)
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.templates import SyncedTemplates, Template
from minipush.domain.timestamps import DAY_MS, HOUR_MS
from minipush.domain.users import User
from minipush.errors import StoreError

NOW = 1_800_000_000_000


def told(result: str, template_id: str = "T1", id_: str = "1", *, long_term: bool = False) -> ReportedPermit:
    return ReportedSubscription(id_, template_id, result, long_term)


class Counter(MemoryStore):
    reads = 0
    writes = 0
    notes = 0
    admissions = 0

    def save_refusals(
        self,
        openid: str,
        template_refusals: Mapping[str, TemplateRefusal | None],
        counted: CountedChange | None = None,
    ) -> None:
        self.notes += 1
        MemoryStore.save_refusals(self, openid, template_refusals, counted)

    def read(self, openid: str) -> User:
        self.reads += 1
        return MemoryStore.read(self, openid)

    def admit(self, openid: str, admission: Admission) -> bool:
        self.admissions += 1
        return MemoryStore.admit(self, openid, admission)

    def add(
        self, openid: str, permits: list[Permit], day: int | None = None, at: int | None = None
    ) -> list[bool]:
        self.writes += len(permits)
        return MemoryStore.add(self, openid, permits, day)


@pytest.fixture
def store() -> Counter:
    return Counter()


def collect(
    store: MemoryStore,
    *reported: ReportedPermit,
    cap: int = 5,
    now: int = NOW,
    subscriptions: bool = True,
    templates: MemoryTemplates | None = None,
    is_counted: bool = True,
    known: KnownTemplates | None = None,
) -> CollectResult:
    use_case = CollectPermits(
        store,
        lambda: now,
        cap,
        templates or MemoryTemplates(),
        unknown_among=known.unknown_among if known else None,
        subscriptions=subscriptions,
        is_counted=is_counted,
    )
    return use_case("ada", reported)


def test_entries_are_counted_not_sends(store: Counter) -> None:
    assert collect(store, ReportedFormId("a"), ReportedPrepayId("p")) == CollectResult(stored=2, permits=4)
    assert len(store.read("ada").live(NOW)) == 4


def test_each_refusal_points_at_its_entry(store: Counter) -> None:
    collected = collect(
        store, ReportedFormId(""), ReportedFormId("good"), ReportedFormId("x y"), ReportedFormId("old", 1)
    )
    assert collected.stored == 1
    assert collected.rejected == [
        RejectedReport(0, PermitRejection.MOCK_FORM_ID),
        RejectedReport(2, PermitRejection.MALFORMED),
        RejectedReport(3, PermitRejection.EXPIRED),
    ]


@pytest.mark.parametrize("result", ["reject", "ban", "filter"])
def test_a_refusal_stores_nothing_and_takes_nothing_away(store: Counter, result: str) -> None:
    collect(store, told("accept", id_="1"), told("accept", id_="2", long_term=True))
    before = store.read("ada").permits
    collected = collect(
        store, told(result, id_="3"), told(result, id_="1"), told(result, id_="", long_term=True)
    )
    assert (collected.stored, {one.reason for one in collected.rejected}) == (
        0,
        {PermitRejection.NOT_ACCEPTED},
    )
    assert store.read("ada").permits == before


@pytest.mark.parametrize("become", ["claimed", "dead", "emptied", "withdrawn"])
def test_an_accept_that_is_reported_again_counts_once_whatever_became_of_it(
    store: Counter, become: str
) -> None:
    collect(store, told("accept", id_="1"), told("accept", id_="2"))
    permit, other = store.read("ada").permits

    async def spend() -> None:
        await store.claim("ada", permit, "d/x", NOW)
        if become == "dead":
            await store.invalidate("ada", permit, "d/x", 43101)
        if become == "emptied":
            await store.give_back("ada", permit, "d/x")
            await store.invalidate_all("ada", [permit], "d/x", 43101, NOW)

    if become == "withdrawn":
        store.withdraw("ada", {"T1"}, NOW)
    else:
        asyncio.run(spend())
    assert collect(store, told("accept", id_="1")) == CollectResult(stored=0)
    assert store.read("ada").live(NOW) == ([] if become == "withdrawn" else [other])


def test_the_same_entry_twice_in_one_request_is_stored_once(store: Counter) -> None:
    assert collect(store, ReportedFormId("a"), ReportedFormId("a")) == CollectResult(stored=1, permits=1)


def test_a_repeat_costs_no_write_and_is_no_error(store: Counter) -> None:
    collect(store, ReportedFormId("a"), ReportedPrepayId("p"))
    writes = store.writes
    assert collect(store, ReportedFormId("a"), ReportedPrepayId("prepay_id=p")) == CollectResult()
    assert store.writes == writes


def test_live_permits_are_capped(store: Counter) -> None:
    collected = collect(store, *[ReportedFormId(f"f{n}") for n in range(7)])
    assert collected.stored == 5
    assert collected.rejected == [
        RejectedReport(5, PermitRejection.TOO_MANY),
        RejectedReport(6, PermitRejection.TOO_MANY),
    ]


def test_a_prepay_id_is_stored_whole_or_not_at_all(store: Counter) -> None:
    collected = collect(
        store,
        ReportedFormId("a"),
        ReportedFormId("b"),
        ReportedFormId("c"),
        ReportedPrepayId("p"),
        ReportedFormId("d"),
    )
    assert (collected.stored, collected.rejected) == (4, [RejectedReport(3, PermitRejection.TOO_MANY)])


def test_a_repeat_passes_a_full_cap(store: Counter) -> None:
    collect(store, ReportedFormId("a"), cap=1)
    assert collect(store, ReportedFormId("a"), cap=1) == CollectResult()


def test_a_request_reads_the_user_once(store: Counter) -> None:
    collect(store, *[ReportedFormId(f"f{n}") for n in range(5)])
    assert (store.reads, store.writes) == (1, 5)


def test_nothing_good_touches_no_store(store: Counter) -> None:
    collect(store, ReportedFormId(""))
    assert (store.reads, store.writes) == (0, 0)


# ---- what nobody has proved


def forms(count: int, name: str = "f", expires_at: int | None = None) -> list[ReportedPermit]:
    return [ReportedFormId(f"{name}{n}", expires_at) for n in range(count)]


def reasons(result: CollectResult) -> set[PermitRejection]:
    return {one.reason for one in result.rejected}


@pytest.mark.parametrize(("seconds", "is_stored"), [(0.4, False), (59, False), (60, True)])
def test_what_expires_within_a_minute_is_expired(store: Counter, seconds: float, is_stored: bool) -> None:
    collected = collect(store, ReportedFormId("f", NOW + int(seconds * 1000)))
    assert (collected.stored == 1, reasons(collected)) == (
        is_stored,
        set() if is_stored else {PermitRejection.EXPIRED},
    )


def test_expired_permits_leave_room_for_live_ones_and_are_limited_themselves(store: Counter) -> None:
    for n in range(25):
        at = NOW + n * HOUR_MS
        stored = collect(store, *forms(5, f"{n}-", expires_at=at + 60_000), now=at).stored
        assert stored == (5 if n < 21 else 0)
    expired = [("ada", permit) for permit in store.read("ada").permits]
    store.remove(expired, NOW + 2 * DAY_MS)
    assert collect(store, *forms(5, "g"), now=NOW + 2 * DAY_MS).stored == 5


def test_a_spent_permit_makes_room(store: Counter) -> None:
    collect(store, *forms(5))
    asyncio.run(store.claim("ada", store.read("ada").permits[0], "d/x", NOW))
    assert collect(store, *forms(2, "g")).stored == 1


def test_a_request_is_counted_by_one_write_whatever_it_holds(store: Counter) -> None:
    collect(store, *forms(5))
    assert (store.admissions, store.writes) == (1, 5)


def test_what_a_back_end_reports_costs_no_counting(store: Counter) -> None:
    collect(store, *forms(5), is_counted=False)
    assert (store.admissions, store.writes) == (0, 5)


def test_a_request_that_stores_nothing_counts_nothing(store: Counter) -> None:
    collect(store, *forms(5))
    collect(store, *forms(5))
    collect(store, *forms(5, "g"))
    assert (store.admissions, store.writes) == (1, 5)


class Overtaken(Counter):
    """Another request stores or admits its own between the read and the count."""

    others = 0

    def admit(self, openid: str, admission: Admission) -> bool:
        others, self.others = self.others, 0
        if others:
            CollectPermits(self, lambda: NOW, 5, MemoryTemplates(), is_counted=True)(
                openid, forms(others, "other")
            )
        return Counter.admit(self, openid, admission)


@pytest.mark.parametrize(("others", "stored"), [(1, 3), (2, 3), (3, 2), (5, 0)])
def test_the_cap_holds_when_another_request_comes_first(others: int, stored: int) -> None:
    store = Overtaken()
    store.others = others
    assert collect(store, *forms(3)).stored == stored
    assert len(store.read("ada").live(NOW)) == min(5, others + stored)


class SentTwice(Counter):
    """The phone repeats the upload while the first one runs: both are admitted, then both store."""

    is_repeated = False

    def add(
        self, openid: str, permits: list[Permit], day: int | None = None, at: int | None = None
    ) -> list[bool]:
        repeated, self.is_repeated = self.is_repeated, False
        if repeated:
            assert Counter.admit(self, openid, self._same_again(openid, len(permits)))
            assert all(Counter.add(self, openid, permits, day, at))
        return Counter.add(self, openid, permits, day, at)

    def _same_again(self, openid: str, permits: int) -> Admission:
        read = self.read_counted(openid).counts.uploads
        return Admission(read, read, permits, spare=0)


def test_an_upload_that_is_sent_twice_at_once_takes_room_once() -> None:
    store = SentTwice()
    store.is_repeated = True
    assert collect(store, *forms(100), cap=200).stored == 0
    assert collect(store, *forms(100, "g"), cap=200) == CollectResult(stored=100, permits=100)
    assert collect(store, *forms(1, "h"), cap=200).stored == 0


def test_repeats_count_for_the_day_and_are_limited_with_it() -> None:
    store = SentTwice()
    stored = 0
    for n in range(6):
        store.is_repeated = True
        stored += collect(store, *forms(50, f"{n}-"), cap=400).stored
    assert store.read_counted("ada").counts.uploads.admitted == PERMITS_A_DAY
    assert (len(store.read("ada").permits), stored) == (PERMITS_A_DAY // 2, 0)


def test_repeats_that_cannot_be_counted_fail_no_upload() -> None:
    class Hanging(SentTwice):
        def count_repeats(self, openid: str, permits: int, day: int) -> None:
            raise StoreError("out of reach")

    store = Hanging()
    store.is_repeated = True
    assert collect(store, *forms(2)) == CollectResult()


def test_what_is_admitted_and_not_yet_stored_takes_room(store: Counter) -> None:
    read = store.read_counted("ada").counts.uploads
    store.admit("ada", Admission(read, read.at(NOW), permits=4, spare=1))
    assert collect(store, *forms(3)).stored == 1


def test_what_was_admitted_just_before_midnight_takes_room_after_it(store: Counter) -> None:
    midnight = NOW // DAY_MS * DAY_MS
    read = store.read_counted("ada").counts.uploads
    store.admit("ada", Admission(read, read.at(midnight - 10), permits=4, spare=1))
    assert collect(store, *forms(3), now=midnight + 10).stored == 1


def test_what_was_admitted_and_never_stored_is_forgotten_the_next_day(store: Counter) -> None:
    read = store.read_counted("ada").counts.uploads
    store.admit("ada", Admission(read, read.at(NOW), permits=5, spare=0))
    assert collect(store, *forms(3)).stored == 0
    assert collect(store, *forms(3), now=NOW + DAY_MS).stored == 3


def test_a_user_stores_no_more_than_a_days_permits(store: Counter) -> None:
    for n in range(101):
        collect(store, *forms(5, f"{n}-"))
        for permit in store.read("ada").live(NOW):
            asyncio.run(store.claim("ada", permit, f"d{n}/{permit.id}", NOW))
    assert store.writes == PERMITS_A_DAY
    assert collect(store, *forms(5, "next"), now=NOW + DAY_MS).stored == 5


def test_refusals_are_written_a_hundred_times_a_day(store: Counter) -> None:
    for n in range(CHANGES_A_DAY + 5):
        collect(store, told("reject", id_=str(n)), now=NOW + n)
    assert store.notes == CHANGES_A_DAY
    collect(store, told("reject", id_="next"), now=NOW + DAY_MS)
    assert store.notes == CHANGES_A_DAY + 1


# ---- templates that the account lacks

SYNCED_AT = NOW - 2 * HOUR_MS
TEMPLATES = MemoryTemplates(
    SyncedTemplates(SYNCED_AT, (Template("T1", "", "", "", is_long_term=False, keys=(), enums={}),))
)
TARGETS = MemoryTargetStore(SubscriptionTargets((Target("T2", 1),)))


def offer(store: Counter, template_id: str, *, now: int = NOW, is_synced: bool = True) -> CollectResult:
    templates = TEMPLATES if is_synced else MemoryTemplates()
    known = KnownTemplates(templates, TARGETS)
    return collect(store, told("accept", template_id), now=now, templates=templates, known=known)


def test_an_accept_of_a_template_that_the_account_lacks_is_rejected(store: Counter) -> None:
    collected = offer(store, "INVENTED")
    assert collected == CollectResult(rejected=[RejectedReport(0, PermitRejection.UNKNOWN_TEMPLATE)])
    assert (store.reads, store.admissions, store.writes) == (0, 0, 0)


@pytest.mark.parametrize("template_id", ["T1", "T2"])
def test_synced_templates_and_those_with_a_target_are_known(store: Counter, template_id: str) -> None:
    assert offer(store, template_id).stored == 1


def test_without_a_sync_any_template_may_exist(store: Counter) -> None:
    assert offer(store, "NEW", is_synced=False).stored == 1


def test_a_template_may_be_newer_than_a_sync_of_more_than_two_hours_ago(store: Counter) -> None:
    assert offer(store, "NEW", now=NOW + 1).stored == 1


def test_the_targets_are_read_once_whatever_is_invented(store: Counter) -> None:
    class Reads(MemoryTargetStore):
        reads = 0

        def read(self) -> SubscriptionTargets:
            self.reads += 1
            return TARGETS.read()

    targets = Reads()
    invented = [told("accept", f"I{n}", str(n)) for n in range(100)]
    known = KnownTemplates(TEMPLATES, targets)
    collected = collect(store, *invented, told("accept"), templates=TEMPLATES, known=known)
    assert (collected.stored, len(collected.rejected), targets.reads) == (1, 100, 1)


def test_a_formid_needs_no_template(store: Counter) -> None:
    assert collect(store, ReportedFormId("f"), known=KnownTemplates(TEMPLATES, TARGETS)).stored == 1


# ---- refusals


def refused(store: MemoryStore) -> set[TemplateRefusal]:
    """What counts of it, without the reports that are known."""
    template_refusals = store.read("ada").template_refusals
    return {replace(refusal, reports=()) for refusal in template_refusals if not refusal.is_ended}


def test_a_refusal_is_no_permit_and_is_remembered(store: Counter) -> None:
    collected = collect(store, told("reject"), told("ban", "T2"), told("filter", "T3"))
    assert collected == CollectResult(
        rejected=[RejectedReport(n, PermitRejection.NOT_ACCEPTED) for n in range(3)]
    )
    user = store.read("ada")
    assert user.permits == ()
    assert refused(store) == {TemplateRefusal("T1", NOW), TemplateRefusal("T2", NOW, times=0, is_ban=True)}


def test_all_refusals_of_a_request_are_one_write(store: Counter) -> None:
    collect(store, told("reject"), ReportedFormId("a"), told("accept", "T2"), told("reject", "T3"))
    assert (store.reads, store.notes) == (1, 1)


@pytest.mark.parametrize(
    "reported", [told("accept"), told("filter"), told("reject", "T 1"), told("else"), ReportedFormId("")]
)
def test_where_nothing_is_to_be_remembered_nothing_is_written(
    store: Counter, reported: ReportedPermit
) -> None:
    collect(store, reported)
    assert store.notes == 0


@pytest.mark.parametrize("long_term", [False, True])
def test_an_accept_clears_the_refusal(store: Counter, long_term: bool) -> None:
    collect(store, told("reject"), told("reject", "T2"))
    collect(store, told("accept", long_term=long_term))
    assert refused(store) == {TemplateRefusal("T2", NOW)}


def test_an_accept_clears_the_refusal_also_where_no_more_permits_are_taken(store: Counter) -> None:
    collect(store, told("reject"))
    collected = collect(store, told("accept"), cap=0)
    assert collected.rejected == [RejectedReport(0, PermitRejection.TOO_MANY)]
    assert refused(store) == set()


def test_a_repeated_accept_clears_nothing_that_was_said_since(store: Counter) -> None:
    collect(store, told("accept"))
    collect(store, told("reject"))
    collect(store, told("accept"))
    assert refused(store) == {TemplateRefusal("T1", NOW)}


def test_a_refusal_takes_nothing_that_was_accepted_before(store: Counter) -> None:
    collect(store, told("accept"))
    collect(store, told("reject"), told("ban"), told("filter"))
    assert len(store.read("ada").live(NOW)) == 1


@pytest.mark.parametrize(
    ("results", "is_remembered"), [(["accept", "reject"], True), (["reject", "accept"], False)]
)
def test_within_a_request_the_last_word_counts(
    store: Counter, results: list[str], is_remembered: bool
) -> None:
    collect(store, *(told(result) for result in results))
    assert bool(refused(store)) is is_remembered


def test_a_refusal_told_again_by_a_repeated_request_is_the_same_one(store: Counter) -> None:
    for hours in (0, 1, 100):
        collect(store, told("reject"), now=NOW + hours * HOUR_MS)
    assert (refused(store), store.notes) == ({TemplateRefusal("T1", NOW)}, 1)
    collect(store, told("reject", id_="2"), now=NOW + 101 * HOUR_MS)
    assert refused(store) == {TemplateRefusal("T1", NOW + 101 * HOUR_MS, times=2)}


def test_a_refusal_told_again_after_an_accept_is_none_of_now(store: Counter) -> None:
    collect(store, told("reject", id_="1"))
    collect(store, told("accept", id_="2"), now=NOW + HOUR_MS)
    notes = store.notes
    for hours in (1, 2):
        collect(store, told("reject", id_="1"), now=NOW + hours * HOUR_MS)
    assert (refused(store), store.notes) == (set(), notes)


def test_a_refusal_and_an_accept_after_it_may_be_told_again_together(store: Counter) -> None:
    for _ in range(2):
        collect(store, told("reject", id_="1"), told("accept", id_="2"))
    assert refused(store) == set()


def test_two_refusals_of_one_template_may_both_be_told_again(store: Counter) -> None:
    for at, id_ in enumerate(("1", "2", "1", "2")):
        collect(store, told("reject", id_=id_), now=NOW + at * HOUR_MS)
    assert refused(store) == {TemplateRefusal("T1", NOW + HOUR_MS, times=2)}


def test_where_events_count_refusals_are_remembered_and_accepts_clear_nothing(store: Counter) -> None:
    collect(store, told("reject"), subscriptions=False)
    collect(store, told("accept"), subscriptions=False)
    user = store.read("ada")
    assert user.permits == ()
    assert refused(store) == {TemplateRefusal("T1", NOW)}
