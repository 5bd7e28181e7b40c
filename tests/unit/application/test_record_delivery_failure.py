"""Delivery failures: which delivery it was, and what changes."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.campaigns import MemoryCampaigns, MemoryReports
from support.memory import MemoryStore
from support.sent_campaigns import NOW, UNKNOWN, World, sent

from minipush.adapters.wechat.reasons import reason_of
from minipush.application.events.find_report_entry import (
    PAGES_AFTER_THE_CLAIM,
    FoundEntry,
)
from minipush.application.events.record_delivery_failure import (
    MOST_CANDIDATES,
    SOON_MS,
)
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Segment
from minipush.domain.counts import Counts
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.permits import Claim, Permit, PermitKind
from minipush.domain.reports import ReportEntry
from minipush.domain.users import User
from minipush.errors import StoreError

ONCE = Permit(permit_kinds.ONCE, "1", template_id="T1")
LONG = Permit(permit_kinds.LONG, "", template_id="T1")


@pytest.fixture
def world() -> World:
    made = World()
    made.campaign()
    return made


# ---- what changes


@pytest.mark.parametrize("kind", [permit_kinds.ONCE, permit_kinds.LONG])
def test_it_has_failed_in_the_counts_the_report_and_the_ledger(world: World, kind: PermitKind) -> None:
    world.claim(kind=kind)
    world.page([sent("bob", 6), sent(), sent("cat", 8)])
    assert world.fails()
    assert world.counts() == Counts(sent=2, failed=1, by_reason={"wechat_unavailable": 1})
    bob, ada, cat = world.entries()
    assert (ada.status, ada.reason, ada.errcode) == ("failed", "wechat_unavailable", 5)
    assert ada.msgid == "7"
    assert [bob.status, cat.status] == ["sent", "sent"]
    assert world.marks == {"c-1": "7"}
    assert world.users.read("ada").messages_since(NOW - 1) == 0


def test_the_same_again_changes_nothing(world: World) -> None:
    world.claim()
    world.page([sent()])
    assert world.fails()
    before = (world.counts(), world.entries(), world.users.read("ada"))
    assert world.fails(at=NOW + 3000)
    assert (world.counts(), world.entries(), world.users.read("ada")) == before


def test_a_permit_is_never_live_again(world: World) -> None:
    world.claim()
    world.page([sent()])
    world.fails()
    assert world.users.read("ada").live(NOW) == []


def test_what_broke_between_the_campaign_and_the_claim_is_done_by_the_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.claim()
    world.page([sent()])

    def broken(*_: Any) -> bool:
        raise StoreError("gone")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(MemoryStore, "mark_delivery_failed", broken)
        with pytest.raises(StoreError):
            world.fails()
    assert world.marks == {"c-1": None}
    assert world.fails()
    assert world.marks == {"c-1": "7"}
    assert world.counts() == Counts(failed=1, by_reason={"wechat_unavailable": 1})


def test_one_whose_answer_was_lost_has_failed_too(world: World) -> None:
    world.claim()
    world.page([UNKNOWN, Outcome("bob", Status.UNKNOWN)])
    assert world.fails()
    assert world.counts() == Counts(failed=1, unknown=1, by_reason={"wechat_unavailable": 1})
    assert [entry.status for entry in world.entries()] == ["failed", "unknown"]


def test_before_its_page_is_written_the_counts_wait_for_it(world: World) -> None:
    world.claim()
    world.page([Outcome("bob", Status.SKIPPED, Reason.OPTED_OUT)], at=NOW - 9)
    assert world.fails()
    assert world.counts() == Counts(skipped=1, by_reason={"opted_out": 1})
    world.page([sent()], at=NOW + 9)
    assert world.counts() == Counts(skipped=1, failed=1, by_reason={"opted_out": 1, "wechat_unavailable": 1})
    assert [entry.status for entry in world.entries()] == ["skipped", "failed"]


def test_one_whose_worker_died_before_it_wrote_is_reported_as_sent_and_has_failed(world: World) -> None:
    world.claim(owner="dead")
    world.page([sent("bob", 6)], owner="ann")
    assert world.fails()
    assert world.reports_unknown(owner="dead") == "7"
    world.page([sent()])
    assert world.counts() == Counts(sent=1, failed=1, by_reason={"wechat_unavailable": 1})
    assert [entry.status for entry in world.entries()] == ["sent", "failed"]


def test_one_that_a_dead_workers_successor_reports_as_unknown_has_failed(world: World) -> None:
    world.claim(owner="dead")
    world.page([sent("bob", 6)], owner="ann")
    assert world.reports_unknown(owner="dead") is None
    assert world.fails()
    world.page([UNKNOWN])
    assert world.counts() == Counts(sent=1, failed=1, by_reason={"wechat_unavailable": 1})
    assert [entry.status for entry in world.entries()] == ["sent", "failed"]


def test_one_that_is_reported_as_unknown_while_the_event_is_recorded_has_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.claim()
    world.page([sent("bob", 6)])
    _after_the_first_read(monkeypatch, world.reports_unknown)
    assert world.fails()
    world.page([UNKNOWN, Outcome("cat", Status.UNKNOWN)])
    assert world.counts() == Counts(sent=1, failed=1, unknown=1, by_reason={"wechat_unavailable": 1})
    assert world.marks == {"c-1": "7"}


def test_a_direct_send_that_is_reported_as_unknown_while_the_event_is_recorded_has_failed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.claim("work-1")
    _after_the_first_read(monkeypatch, lambda: world.reports_unknown("work-1"))
    assert world.fails()
    assert world.marks == {"work-1": "7"}


def test_two_failures_at_once_are_two_messages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.campaign("c-2")
    for delivery in ("c-1", "c-2"):
        world.claim(delivery)
        world.page([sent("bob", 6)], id_=delivery)
    _after_the_first_read(monkeypatch, lambda: world.fails("8"))
    assert world.fails("7")
    assert sorted(str(msgid) for msgid in world.marks.values()) == ["7", "8"]
    assert [world.campaign(id_).corrections.sent for id_ in ("c-1", "c-2")] == [1, 1]


def test_what_broke_between_the_claim_and_the_campaign_is_done_by_the_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.claim()
    world.page([sent("bob", 6)])

    def broken(*_: Any) -> bool:
        raise StoreError("gone")

    with monkeypatch.context() as while_broken:
        while_broken.setattr(MemoryCampaigns, "add_correction", broken)
        with pytest.raises(StoreError):
            world.fails()
    assert world.reports_unknown() == "7"
    world.page([sent()])
    assert world.fails()
    assert world.counts() == Counts(sent=1, failed=1, by_reason={"wechat_unavailable": 1})


def _after_the_first_read(monkeypatch: pytest.MonkeyPatch, step: Callable[[], object]) -> None:
    read = MemoryStore.read

    def read_too_early(store: MemoryStore, openid: str) -> User:
        user = read(store, openid)
        monkeypatch.setattr(MemoryStore, "read", read)
        step()
        return user

    monkeypatch.setattr(MemoryStore, "read", read_too_early)


def test_a_user_in_doubt_stays_in_doubt_and_gets_no_second_message(world: World) -> None:
    world.claim()
    world.fails()
    user = world.users.read("ada")
    assert user.was_claimed_by("c-1")
    assert len(user.claimed_for("c-1")) == 1


def test_a_report_that_tells_of_another_message_is_left_as_it_is(world: World) -> None:
    world.claim()
    world.fails()
    world.page([sent("bob", 6), sent(msgid=8)])
    assert [entry.status for entry in world.entries()] == ["sent", "sent"]
    # The counts keep the failure: as far as was known, it was this campaign's.
    assert world.counts() == Counts(sent=1, failed=1, by_reason={"wechat_unavailable": 1})


@pytest.mark.parametrize(
    ("errcode", "reason"),
    [
        (43101, Reason.REFUSED),
        (45009, Reason.QUOTA),
        (40003, Reason.INVALID_OPENID),
        (5, Reason.WECHAT_UNAVAILABLE),
        (40241, Reason.DUPLICATE),
        (None, Reason.WECHAT_UNAVAILABLE),
    ],
)
def test_the_reason_is_what_the_table_says(errcode: int | None, reason: Reason) -> None:
    assert reason_of(errcode) is reason


def test_without_an_errcode_none_is_told(world: World) -> None:
    world.claim()
    world.page([replace(UNKNOWN, errcode=43108)])
    assert world.fails(errcode=None)
    [entry] = world.entries()
    assert entry.errcode is None
    assert entry.reason == "wechat_unavailable"


# ---- whose it is


def test_a_direct_message_is_known_by_its_claim_alone(world: World) -> None:
    world.claim("work-1")
    assert world.fails()
    assert world.marks == {"work-1": "7"}
    assert world.counts() == Counts()


def test_the_entry_with_its_number_is_it_however_old(world: World) -> None:
    world.claim(at=NOW - 9000)
    world.page([sent()], at=NOW - 8000)
    world.claim("work-1")
    assert world.fails()
    assert world.marks == {"c-1": "7", "work-1": None}


def test_an_entry_with_another_number_is_not(world: World) -> None:
    world.claim()
    world.page([sent(msgid=8)])
    assert not world.fails()
    assert world.marks == {"c-1": None}
    assert world.counts() == Counts(sent=1)


def test_of_those_that_are_possible_the_last_is_taken(world: World) -> None:
    for n, delivery in enumerate(["work-1", "work-2", "work-3"]):
        world.claim(delivery, at=NOW - 1000 + n)
    assert world.fails()
    assert world.marks == {"work-1": None, "work-2": None, "work-3": "7"}


@pytest.mark.parametrize("line", [sent(msgid=99), Outcome("ada", Status.FAILED, Reason.REFUSED, 43101)])
def test_what_a_campaign_still_has_in_hand_comes_after_what_was_sent_a_moment_before(
    world: World, line: Outcome
) -> None:
    world.claim("work-1", at=NOW - 2000)
    world.claim(at=NOW - 500)
    assert world.fails()
    world.page([sent("bob", 6), line], at=NOW + 3000)
    assert world.marks == {"work-1": "7", "c-1": None}
    counts = Counts()
    counts.add([sent("bob", 6), line])
    assert world.counts() == counts


def test_an_unknown_entry_of_a_moment_before_comes_first_too(world: World) -> None:
    world.claim(at=NOW - 2000)
    world.page([UNKNOWN], at=NOW - 1000)
    world.campaign("c-2")
    world.claim("c-2", "bob", at=NOW - 500)
    assert world.fails()
    assert world.marks == {"c-1": "7", "c-2": None}


def test_what_a_campaign_has_in_hand_comes_before_what_was_sent_long_ago(world: World) -> None:
    world.claim("work-1", at=NOW - SOON_MS)
    world.claim(at=NOW - 500)
    assert world.fails()
    assert world.marks == {"work-1": None, "c-1": "7"}


def test_a_second_failure_is_another_message(world: World) -> None:
    for n, delivery in enumerate(["work-1", "work-2"]):
        world.claim(delivery, at=NOW - 1000 + n)
    assert [world.fails(msgid) for msgid in ("7", "8", "7", "9")] == [True, True, True, False]
    assert world.marks == {"work-1": "8", "work-2": "7"}


def test_a_repeat_is_about_the_same_direct_message_whatever_was_sent_since(world: World) -> None:
    world.claim("work-1")
    assert world.fails()
    world.claim("work-2", at=NOW + 5)
    assert world.fails()
    assert world.marks == {"work-1": "7", "work-2": None}


def test_a_campaign_in_which_another_message_failed_is_passed_over(world: World) -> None:
    world.claim("work-1", at=NOW - 1)
    world.claim()
    world.page([UNKNOWN])
    world.store.add_correction(world.campaign(), replace(_delivery_failures(world), msgid="6"))
    assert world.fails()
    assert world.marks == {"c-1": None, "work-1": "7"}


def _delivery_failures(world: World) -> Any:
    other = World()
    made = other.campaign()
    other.claim()
    other.fails()
    return other.store.corrections(made.id, ["ada"])["ada"]


def test_what_was_claimed_after_the_event_is_not(world: World) -> None:
    world.claim("work-1", at=NOW + 11_000)
    assert not world.fails()


def test_clocks_may_differ_by_some_seconds(world: World) -> None:
    world.claim("work-1", at=NOW + 9000)
    assert world.fails()


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED])
def test_what_was_never_taken_is_not(world: World, status: Status) -> None:
    world.claim()
    world.page([Outcome("ada", status, Reason.INVALID_DATA)])
    assert not world.fails()


def test_permits_that_wechat_refused_are_not(world: World) -> None:
    world.claim("work-1")
    asyncio.run(world.users.invalidate("ada", ONCE._replace(id="work-1"), "work-1/ann", 43101))
    assert not world.fails()


def test_another_templates_permits_and_campaigns_are_not(world: World) -> None:
    world.campaign("c-2", "T2")
    world.claim("c-2", kind=permit_kinds.LONG)
    world.claim("work-1")
    assert not world.fails(template_id="T3")
    assert world.fails()
    assert world.marks == {"c-2": None, "work-1": "7"}


def test_a_campaign_that_is_forgotten_is_not(world: World) -> None:
    world.claim("c-9")
    assert not world.fails()


@pytest.mark.parametrize(("msgid", "template_id"), [("", "T1"), ("7", "")])
def test_what_says_too_little_is_nobodys(world: World, msgid: str, template_id: str) -> None:
    world.claim("work-1", kind=permit_kinds.LONG)
    assert not world.fails(msgid, template_id=template_id)


def test_formids_are_not_looked_at(world: World) -> None:
    form = Permit(permit_kinds.FORM, "f", NOW + 1)
    world.users.add("ada", [form])
    asyncio.run(world.users.claim("ada", form, "work-1/ann", NOW))
    assert not world.fails()


def test_a_handful_of_claims_is_looked_at(world: World) -> None:
    for n in range(MOST_CANDIDATES + 1):
        world.campaign(f"c-{n}")
        world.claim(f"c-{n}", at=NOW - n)
        world.page([sent(msgid=100 + n)], id_=f"c-{n}")
    assert world.fails(str(100 + MOST_CANDIDATES - 1))
    assert not world.fails(str(100 + MOST_CANDIDATES))


# ---- the entry in the report


class Counted(MemoryReports):
    """Records which pages were read."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at: list[int] = []

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        self.looked_at.append(page)
        return super().read(campaign_id, number, page, owner)


@pytest.fixture
def library() -> World:
    """A segment of 1,000 pages with two entries each, one page per second."""
    made = World(reports=Counted())
    made.campaign()
    made.page([sent("zoe", 1)], number=1, owner="bob")
    for n in range(1000):
        made.page([sent(f"user-{n}", n), sent(f"other-{n}", 10_000 + n)], at=NOW + 1000 * n)
    return made


@pytest.mark.parametrize("page", [0, 1, 499, 998, 999])
@pytest.mark.parametrize("early_ms", [0, 1, 999, 5000])
def test_an_entry_is_found_in_few_reads(library: World, page: int, early_ms: int) -> None:
    claim = Claim("c-1/ann", NOW + 1000 * page - early_ms)
    assert library.find_report_entry("c-1", f"other-{page}", claim) == FoundEntry(
        Status.SENT, str(10_000 + page), is_written=True
    )
    reads = library.reports.looked_at  # type: ignore[attr-defined]
    assert len(reads) == len(set(reads)) <= 10 + 1 + early_ms // 1000 + 1


@pytest.mark.parametrize("page", [0, 1, 250, 499])
@pytest.mark.parametrize("waited_ms", [0, 900, 5_000, 8_000])
def test_an_entry_is_found_though_the_entries_are_in_no_order_of_time(
    world: World, page: int, waited_ms: int
) -> None:
    """A page a second, with answers of up to eight seconds before, the first ones at random."""
    dice = random.Random(page)
    for n in range(500):
        at = NOW + 1000 * n
        outcomes = [sent(f"user-{n}", n), sent(f"other-{n}", 10_000 + n)]
        instants = [at - dice.randrange(8_000), at - waited_ms]
        world.page([replace(o, at=i) for o, i in zip(outcomes, instants, strict=True)], at=at)
    claim = Claim("c-1/ann", NOW + 1000 * page - waited_ms - 1)
    found = world.find_report_entry("c-1", f"other-{page}", claim)
    assert found == FoundEntry(Status.SENT, str(10_000 + page), is_written=True)


def test_who_is_not_in_it_costs_few_reads_too(library: World) -> None:
    assert library.find_report_entry("c-1", "nobody", Claim("c-1/ann", NOW + 1)) == FoundEntry(Status.SENT)
    assert len(library.reports.looked_at) <= 10 + PAGES_AFTER_THE_CLAIM  # type: ignore[attr-defined]


def test_a_claim_later_than_all_pages_has_no_entry_yet(library: World) -> None:
    assert library.find_report_entry("c-1", "user-999", Claim("c-1/ann", NOW + 10**9)) == FoundEntry(
        Status.SENT
    )


def test_only_the_owners_own_pages_are_looked_at(world: World) -> None:
    world.page([sent("x", 1)], owner="ann", at=NOW)
    world.page([sent("ada", 2)], owner="bob", at=NOW + 1)
    world.page([sent("y", 3)], owner="cat", at=NOW + 2)
    assert world.find_report_entry("c-1", "ada", Claim("c-1/bob", NOW)) == FoundEntry(
        Status.SENT, "2", is_written=True
    )
    assert world.find_report_entry("c-1", "ada", Claim("c-1/ann", NOW)) == FoundEntry(Status.SENT)
    assert world.find_report_entry("c-1", "new", Claim("c-1/cat", NOW)) == FoundEntry(Status.SENT)


def test_a_segment_that_was_taken_and_has_no_page_has_no_entry(world: World) -> None:
    world.store.take("c-1", 0, "ann", NOW, NOW)
    assert world.find_report_entry("c-1", "ada", Claim("c-1/ann", NOW)) == FoundEntry(Status.SENT)


def test_a_page_that_is_not_counted_is_not_read(world: World) -> None:
    segment = Segment("c-1", 0, "ann", NOW)
    world.store.take("c-1", 0, "ann", NOW, NOW)
    world.reports.write(segment, [sent(msgid=8)], NOW)
    assert world.find_report_entry("c-1", "ada", Claim("c-1/ann", NOW)) == FoundEntry(Status.SENT)
