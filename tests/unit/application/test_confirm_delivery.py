"""WeChat says that a message arrived: which doubt that settles, and what it costs where there is none."""

from dataclasses import replace
from typing import Any

import pytest
from support.campaigns import MemoryCampaigns, MemoryReports
from support.memory import MemoryStore
from support.sent_campaigns import NOW, UNKNOWN, World, sent

from minipush.application.events.confirm_delivery import REPORTED_WITHIN_MS
from minipush.application.events.record_delivery_failure import SOON_MS
from minipush.application.events.recorded_claims import FRESH_MS
from minipush.domain import permit_kinds
from minipush.domain.counts import Counts
from minipush.domain.permits import Claim, PermitKind
from minipush.domain.users import User

OLD = NOW - SOON_MS - 1
LONG_AGO = NOW - REPORTED_WITHIN_MS + 1


@pytest.fixture
def world() -> World:
    made = World()
    made.campaign()
    return made


def reported_unknown(world: World, delivery: str = "c-1", *, at: int = NOW) -> None:
    """The worker lost WeChat's answer."""
    world.claim(delivery, at=at)
    assert world.reports_unknown(delivery) is None
    if delivery.startswith("c-"):
        world.page([UNKNOWN], id_=delivery, recorded_until=NOW + 1)


# ---- a doubt that was reported


@pytest.mark.parametrize("kind", [permit_kinds.ONCE, permit_kinds.LONG])
def test_unknown_becomes_sent_in_the_counts_and_the_report(world: World, kind: PermitKind) -> None:
    world.claim(kind=kind)
    world.reports_unknown()
    world.page([sent("bob", 6), UNKNOWN])
    assert world.arrives()
    assert world.counts() == Counts(sent=2)
    bob, ada = world.entries()
    assert (bob.msgid, ada.status, ada.msgid) == ("6", "sent", "7")


def test_the_same_again_changes_nothing(world: World) -> None:
    reported_unknown(world)
    world.arrives()
    before = (world.counts(), world.entries(), world.users.read("ada"))
    assert not world.arrives(at=NOW + 3000)
    assert (world.counts(), world.entries(), world.users.read("ada")) == before


def test_it_counts_when_its_page_is_written(world: World) -> None:
    world.claim()
    world.reports_unknown()
    assert world.arrives()
    assert world.counts() == Counts()
    world.page([UNKNOWN])
    assert world.counts() == Counts(sent=1)


@pytest.mark.parametrize("failure_first", [False, True])
def test_a_failure_of_the_same_message_is_the_last_word(world: World, *, failure_first: bool) -> None:
    reported_unknown(world)
    steps = [world.arrives, world.fails]
    for step in reversed(steps) if failure_first else steps:
        step()
    assert world.counts() == Counts(failed=1, by_reason={"wechat_unavailable": 1})
    assert [entry.status for entry in world.entries()] == ["failed"]
    assert world.users.read("ada").messages_since(NOW - 1) == 0


def test_what_broke_between_the_campaign_and_the_claim_is_done_by_the_repeat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported_unknown(world)
    with monkeypatch.context() as while_broken:
        while_broken.setattr(MemoryStore, "mark_confirmed", _broken)
        with pytest.raises(RuntimeError):
            world.arrives()
    assert world.arrives()
    assert world.counts() == Counts(sent=1)
    assert world.confirmed == {"c-1": "7"}


def _broken(*_: Any) -> bool:
    raise RuntimeError


def test_a_direct_send_is_no_longer_in_doubt(world: World) -> None:
    reported_unknown(world, "work-1")
    assert world.arrives()
    assert [permit.claim.is_in_doubt for permit in world.users.read("ada").permits if permit.claim] == [False]


# ---- a doubt that comes later


def test_an_event_before_the_worker_died_is_remembered_for_the_next_one(world: World) -> None:
    world.claim(owner="dead")
    world.store.take("c-1", 0, "dead", NOW, NOW)
    assert not world.arrives()
    assert world.reports_unknown(owner="dead") == "7"


def test_a_claim_that_is_reported_as_unknown_meanwhile_is_settled_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.claim()
    world.store.take("c-1", 0, "ann", NOW, NOW)
    read = MemoryStore.read

    def read_too_early(store: MemoryStore, openid: str) -> User:
        user = read(store, openid)
        monkeypatch.setattr(MemoryStore, "read", read)
        world.reports_unknown()
        return user

    monkeypatch.setattr(MemoryStore, "read", read_too_early)
    assert world.arrives()
    world.page([UNKNOWN])
    assert world.counts() == Counts(sent=1)


# ---- what it costs


class Counting(MemoryCampaigns):
    reads = 0

    def segments(self, campaign_id: str) -> Any:
        self.reads += 1
        return super().segments(campaign_id)


def test_where_nothing_is_in_doubt_an_event_reads_the_user_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(store=Counting())
    world.campaign()
    world.claim(at=NOW - 1)
    world.page([sent()], recorded_until=NOW)
    for store, name in ((MemoryStore, "mark_confirmed"), (MemoryReports, "read"), (MemoryCampaigns, "read")):
        monkeypatch.setattr(store, name, lambda *_, name=name: pytest.fail(name))
    for _ in range(100):
        assert not world.arrives()
    assert world.store.reads == 1  # type: ignore[attr-defined]


def test_segments_are_read_once_a_second_while_claims_are_not_recorded() -> None:
    world = World(store=Counting())
    world.page([sent("bob")], recorded_until=NOW)
    for ms in (0, FRESH_MS - 1, FRESH_MS, FRESH_MS + 1):
        world.now = NOW + ms
        assert not world.recorded_claims.has("c-1", Claim("c-1/ann", NOW))
    assert world.store.reads == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("owner", ["ann", "cat"])
def test_a_claim_of_an_earlier_worker_is_recorded_once_the_segment_is_done(world: World, owner: str) -> None:
    world.page([sent("bob")], recorded_until=NOW)
    segment = world.store.take("c-1", 0, "bob", NOW, NOW)
    claim = Claim(f"c-1/{owner}", NOW - 1)
    assert not world.recorded_claims.has("c-1", claim)
    world.store.save(replace(segment, done=True))
    world.now += FRESH_MS
    assert world.recorded_claims.has("c-1", claim)


def test_a_segment_that_was_taken_since_is_not_taken_for_recorded(world: World) -> None:
    world.page([sent("bob")], recorded_until=NOW)
    world.store.save(replace(world.store.take("c-1", 0, "ann", NOW, NOW), done=True))
    assert world.recorded_claims.has("c-1", Claim("c-1/ann", NOW))
    world.store.take("c-1", 1, "bob", NOW, NOW)
    assert not world.recorded_claims.has("c-1", Claim("c-1/bob", NOW))


def test_a_direct_send_whose_answer_came_costs_no_write(world: World) -> None:
    world.claim("work-1")
    assert not world.arrives()
    assert world.confirmed == {"work-1": None}


# ---- another message's event


def test_a_message_that_a_report_has_as_sent_settles_no_doubt_about_another(world: World) -> None:
    world.campaign("c-2")
    reported_unknown(world)
    world.claim("c-2", at=NOW + 1)
    world.page([sent(msgid=8)], id_="c-2", at=NOW + 2, recorded_until=NOW + 2)
    assert not world.arrives("8", at=NOW + 1000)
    assert world.counts() == Counts(unknown=1)
    assert world.arrives("7", at=NOW + 1000)
    assert world.counts() == Counts(sent=1)


@pytest.mark.parametrize("at", [NOW - 1000, OLD, LONG_AGO])
def test_a_direct_send_leaves_the_doubt(world: World, at: int) -> None:
    """Its msgid is not stored, and its event may come long after it. The message in doubt may never have gone out."""
    world.claim("work-1", at=at)
    reported_unknown(world)
    assert [world.arrives("8"), world.arrives("7")] == [False, False]
    assert (world.counts(), world.confirmed) == (Counts(unknown=1), {"work-1": None, "c-1": None})


def test_a_direct_send_of_more_than_an_hour_before_is_not_meant(world: World) -> None:
    world.claim("work-1", at=LONG_AGO - 1)
    reported_unknown(world)
    assert world.arrives()


@pytest.mark.parametrize("at", [OLD, LONG_AGO])
def test_a_message_of_long_before_whose_event_comes_now_settles_no_doubt(world: World, at: int) -> None:
    world.campaign("c-2")
    world.claim("c-2", at=at)
    world.page([sent(msgid=8)], id_="c-2", at=at + 1, recorded_until=NOW + 1)
    reported_unknown(world)
    assert not world.arrives("8")
    assert world.counts() == Counts(unknown=1)
    assert world.arrives("7")
    assert world.counts() == Counts(sent=1)


def test_a_message_of_long_before_says_nothing_of_one_whose_worker_died_before_the_call(world: World) -> None:
    world.campaign("c-2")
    world.claim("c-2", at=OLD)
    world.page([sent(msgid=8)], id_="c-2", at=OLD + 1, recorded_until=NOW + 1)
    world.claim(owner="dead")
    world.store.take("c-1", 0, "dead", NOW, NOW)
    world.arrives("8")
    assert world.reports_unknown(owner="dead") is None


def test_a_message_that_may_have_been_sent_twice_leaves_the_doubt(world: World) -> None:
    """It has two msgids, and its report one."""
    world.campaign("c-2", on_unknown="retry")
    world.claim("c-2", at=OLD)
    world.page([sent(msgid=8)], id_="c-2", at=OLD + 1, recorded_until=NOW + 1)
    reported_unknown(world)
    assert not world.arrives("9")
    assert world.counts() == Counts(unknown=1)


@pytest.mark.parametrize("at", [NOW - 1, OLD, LONG_AGO])
def test_two_doubts_stay_in_doubt(world: World, at: int) -> None:
    world.campaign("c-2")
    reported_unknown(world)
    reported_unknown(world, "c-2", at=at)
    assert not world.arrives()
    assert (world.counts(), world.counts("c-2")) == (Counts(unknown=1), Counts(unknown=1))


@pytest.mark.parametrize(
    ("at", "template_id"), [(NOW - 11_000, "T1"), (NOW + REPORTED_WITHIN_MS, "T1"), (NOW, "T2")]
)
def test_another_time_or_template_settles_nothing(world: World, at: int, template_id: str) -> None:
    reported_unknown(world)
    assert not world.arrives(at=at, template_id=template_id)
    assert world.counts() == Counts(unknown=1)


def test_another_templates_long_term_claim_is_not_meant(world: World) -> None:
    world.campaign("c-2", "T2")
    world.claim("c-2", kind=permit_kinds.LONG)
    assert not world.arrives()
    assert world.confirmed == {"c-2": None}


def test_a_campaign_that_is_forgotten_is_left_alone(world: World) -> None:
    world.claim("c-9")
    assert not world.arrives()
    assert world.confirmed == {"c-9": None}
