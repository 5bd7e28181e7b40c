"""What every store must keep to; the one in memory and DynamoDB alike."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import time
from typing import Any

import pytest
from support.stores import Stores

from minipush.application.ports.sweeps import Sweep
from minipush.application.ports.users import CountedSettings
from minipush.domain import permit_kinds
from minipush.domain.daily_use import Admission, ChangeCount, CountedChange, UploadCount, day_of
from minipush.domain.permit_kinds import as_synced
from minipush.domain.permits import Claim, Permit
from minipush.domain.pool import CurrentUser, PoolMeasure, Reach
from minipush.domain.tag_counts import TagCounts, TagMeasure
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.timestamps import DAY_MS
from minipush.domain.users import QuietHours, User, UserSettings

NOW = 1_800_000_000_000
FORM = Permit(permit_kinds.FORM, "the-form-id", NOW + 1000)
PAY = Permit(permit_kinds.PAY, "wx-prepay#odd", NOW + 2000, use=3)
ONCE = Permit(permit_kinds.ONCE, "accept-1", template_id="T_-1")
LONG = Permit(permit_kinds.LONG, "", template_id="T_-1")
MEASURE = PoolMeasure(
    NOW,
    reachable_users=1,
    permits=2,
    expiring={20_833: 2},
    reaches={"": Reach(2, {3: 2}, {0: 1, 3: -1}), "T_-1": Reach()},
    current=CurrentUser("ada", quiet=(2, 12), has_live_permit=True, ends={"": 3}),
)


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@pytest.mark.parametrize("permit", [FORM, PAY, ONCE, LONG], ids=lambda permit: permit.kind)
def test_a_permit_comes_back_as_it_was_stored(stores: Stores, permit: Permit) -> None:
    assert stores.users.add("ada", [permit]) == [True]
    assert stores.users.read("ada").permits == (permit,)


def test_an_unknown_user_has_nothing(stores: Stores) -> None:
    user = stores.users.read("nobody")
    assert (user.settings, user.permits) == (UserSettings(), ())


def test_a_permit_is_stored_once_whatever_expiry_it_comes_with(stores: Stores) -> None:
    stores.users.add("ada", [FORM])
    assert stores.users.add("ada", [FORM._replace(expires_at=NOW + 999_999)]) == [False]
    assert stores.users.read("ada").permits == (FORM,)


def test_adding_tells_new_from_known_in_order(stores: Stores) -> None:
    many = [Permit(permit_kinds.FORM, f"form-{n}", NOW) for n in range(60)]
    stores.users.add("ada", many[::2])
    assert stores.users.add("ada", many) == [False, True] * 30


def test_a_spent_permit_is_not_brought_back(stores: Stores) -> None:
    stores.users.add("ada", [FORM])
    run(stores.ledger.claim("ada", FORM, "delivery", NOW))
    assert stores.users.add("ada", [FORM]) == [False]
    assert stores.users.read("ada").permits == (FORM._replace(claim=Claim("delivery", NOW)),)


@pytest.mark.parametrize("permit", [FORM, PAY, ONCE], ids=lambda permit: permit.kind)
def test_one_delivery_gets_the_claim(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    assert run(stores.ledger.claim("ada", permit, "first", NOW)) == "first"
    assert run(stores.ledger.claim("ada", permit, "second", NOW)) == "first"
    assert stores.users.read("ada").permits == (permit._replace(claim=Claim("first", NOW)),)


@pytest.mark.parametrize("permit", [FORM, PAY, ONCE, LONG], ids=lambda permit: permit.kind)
def test_asking_again_for_ones_own_claim_is_granted(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    assert [run(stores.ledger.claim("ada", permit, "first", NOW)) for _ in range(2)] == ["first"] * 2


def test_a_permit_that_is_gone_cannot_be_claimed(stores: Stores) -> None:
    assert run(stores.ledger.claim("ada", FORM, "first", NOW)) is None
    assert stores.users.read("ada").permits == ()


@pytest.mark.parametrize("permit", [FORM, PAY, ONCE, LONG], ids=lambda permit: permit.kind)
def test_a_permit_given_back_is_as_before(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    run(stores.ledger.claim("ada", permit, "first", NOW))
    run(stores.ledger.give_back("ada", permit, "first"))
    assert stores.users.read("ada").permits == (permit,)
    assert run(stores.ledger.claim("ada", permit, "second", NOW)) == "second"


def test_anothers_claim_is_neither_given_back_nor_invalidated(stores: Stores) -> None:
    stores.users.add("ada", [FORM])
    run(stores.ledger.claim("ada", FORM, "first", NOW))
    run(stores.ledger.give_back("ada", FORM, "second"))
    assert not run(stores.ledger.invalidate("ada", FORM, "second", 41028))
    assert stores.users.read("ada").permits == (FORM._replace(claim=Claim("first", NOW)),)


@pytest.mark.parametrize("permit", [FORM, PAY, ONCE], ids=lambda permit: permit.kind)
def test_an_invalidated_permit_stays_so(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    run(stores.ledger.claim("ada", permit, "first", NOW))
    assert run(stores.ledger.invalidate("ada", permit, "first", 41029))
    assert stores.users.read("ada").permits == (
        permit._replace(claim=Claim("first", NOW, invalidated_by=41029)),
    )
    assert run(stores.ledger.claim("ada", permit, "first", NOW)) is None


def test_a_long_permit_serves_every_delivery_and_marks_each(stores: Stores) -> None:
    stores.users.add("ada", [LONG])
    for holder in ("first", "second"):
        assert run(stores.ledger.claim("ada", LONG, holder, NOW)) == holder
    user = stores.users.read("ada")
    assert user.live(NOW) == [LONG]
    assert [permit.claim for permit in user.claimed_for("first")] == [Claim("first", NOW)]


def test_a_permit_that_the_sync_calls_long_term_is_claimed_beside_itself(stores: Stores) -> None:
    stores.users.add("ada", [ONCE])
    lasting = as_synced(ONCE, is_long_term=True)
    for delivery in ("d1", "d2"):
        assert run(stores.ledger.claim("ada", lasting, f"{delivery}/x", NOW)) == f"{delivery}/x"
    assert stores.users.read("ada").live(NOW) == [ONCE]
    run(stores.ledger.give_back("ada", lasting, "d1/x"))
    assert run(stores.ledger.invalidate("ada", lasting, "d2/x", 43101))
    assert stores.users.read("ada").live(NOW) == []


def test_a_permit_that_the_sync_calls_one_time_is_claimed_itself(stores: Stores) -> None:
    stores.users.add("ada", [LONG])
    single = as_synced(LONG, is_long_term=False)
    assert run(stores.ledger.claim("ada", single, "d1/x", NOW)) == "d1/x"
    assert run(stores.ledger.claim("ada", single, "d2/x", NOW)) == "d1/x"
    user = stores.users.read("ada")
    assert user.live(NOW) == []
    assert [permit.kind.name for permit in user.claimed_for("d1")] == ["once"]
    assert run(stores.ledger.take_over("ada", user.claimed_for("d1")[0], "d1/y"))
    run(stores.ledger.give_back("ada", single, "d1/y"))
    assert len(stores.users.read("ada").live(NOW)) == 1


def test_an_accept_of_whatever_id_is_no_long_term_permit(stores: Stores) -> None:
    permits = [Permit(permit_kinds.ONCE, id_, template_id="T") for id_ in ("long", "L#T", "#")]
    stores.users.add("ada", permits)
    assert set(stores.users.read("ada").permits) == set(permits)


def test_a_long_permit_that_is_invalidated_is_gone(stores: Stores) -> None:
    stores.users.add("ada", [LONG])
    run(stores.ledger.claim("ada", LONG, "first", NOW))
    run(stores.ledger.invalidate("ada", LONG, "first", 43101))
    user = stores.users.read("ada")
    assert user.live(NOW) == []
    assert user.claimed_for("first") == []


@pytest.mark.parametrize("permit", [FORM, ONCE, LONG])
def test_a_claim_is_taken_over_from_the_owner_that_has_it(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    run(stores.ledger.claim("ada", permit, "campaign/one", NOW))
    in_doubt = stores.users.read("ada").claimed_for("campaign")[0]
    assert run(stores.ledger.take_over("ada", in_doubt, "campaign/two"))
    assert not run(stores.ledger.take_over("ada", in_doubt, "campaign/three"))
    assert run(stores.ledger.claim("ada", permit, "campaign/one", NOW)) == "campaign/two"
    assert not run(stores.ledger.invalidate("ada", permit, "campaign/one", 41029))
    assert (permit in stores.users.read("ada").permits) == (permit is LONG)


def test_taking_over_again_is_granted(stores: Stores) -> None:
    stores.users.add("ada", [FORM])
    run(stores.ledger.claim("ada", FORM, "campaign/one", NOW))
    in_doubt = stores.users.read("ada").claimed_for("campaign")[0]
    assert [run(stores.ledger.take_over("ada", in_doubt, "campaign/two")) for _ in range(2)] == [True, True]


def test_many_claims_at_once_each_get_their_own_answer(stores: Stores) -> None:
    forms = [Permit(permit_kinds.FORM, f"form-{n}", NOW) for n in range(80)]
    stores.users.add("ada", forms[:60])

    async def claim_all() -> list[str | None]:
        return list(await asyncio.gather(*(stores.ledger.claim("ada", form, "d", NOW) for form in forms)))

    assert run(claim_all()) == ["d"] * 60 + [None] * 20


def test_settings_change_field_by_field(stores: Stores) -> None:
    quiet = QuietHours(time(22), time(8), "Asia/Shanghai")
    stores.users.record_login("ada", "union", NOW)
    stores.users.change("ada", {"quiet_hours": quiet, "tags": ("b", "a")})
    assert stores.users.change("ada", {"opt_out": True}).opt_out
    settings = stores.users.read("ada").settings
    assert (settings.opt_out, settings.quiet_hours, sorted(settings.tags)) == (True, quiet, ["a", "b"])


def test_settings_can_be_taken_back(stores: Stores) -> None:
    quiet = QuietHours(time(22), time(8), "Asia/Shanghai")
    stores.users.change("ada", {"quiet_hours": quiet, "tags": ("a",), "opt_out": True})
    stores.users.change("ada", {"quiet_hours": None, "tags": (), "opt_out": False})
    assert stores.users.read("ada").settings == UserSettings()


def test_settings_are_read_without_permits(stores: Stores) -> None:
    assert stores.users.read_settings("nobody") == CountedSettings(UserSettings(), ChangeCount())
    stores.users.add("ada", [FORM])
    stores.users.change("ada", {"tags": ("a",)}, CountedChange(ChangeCount(), NOW))
    assert stores.users.read_settings("ada") == CountedSettings(
        UserSettings(tags=("a",)), ChangeCount(day_of(NOW), 1)
    )


def test_a_days_changes_are_counted_together(stores: Stores) -> None:
    def changes() -> ChangeCount:
        return stores.users.read_settings("ada").changes

    refusal = TemplateRefusal("T1", NOW)
    stores.users.change("ada", {"opt_out": True}, CountedChange(changes(), NOW))
    stores.users.save_refusals("ada", {"T1": refusal}, CountedChange(changes(), NOW))
    stores.users.change("ada", {"opt_out": False})
    assert changes() == ChangeCount(day_of(NOW), 2)
    assert stores.users.read_counted("ada").counts.changes == changes()
    assert stores.users.read("ada").template_refusals == (refusal,)
    stores.users.change("ada", {"opt_out": True}, CountedChange(changes(), NOW + DAY_MS))
    assert changes() == ChangeCount(day_of(NOW) + 1, 1)


def admission(read: UploadCount, permits: int, spare: int, now: int = NOW) -> Admission:
    return Admission(read, read.at(now), permits, spare)


def test_uploads_are_counted_before_they_are_stored_and_found_after(stores: Stores) -> None:
    day = day_of(NOW)
    assert stores.users.read_counted("ada").counts.uploads == UploadCount()
    assert stores.users.admit("ada", admission(UploadCount(), 3, 0))
    assert stores.users.read_counted("ada").counts.uploads == UploadCount(day, admitted=3)
    stores.users.add("ada", [FORM, ONCE], day)
    stores.users.add("ada", [PAY])
    run(stores.ledger.claim("ada", FORM, "d/x", NOW))
    found = stores.users.read_counted("ada")
    assert found.counts.uploads == UploadCount(day, admitted=3, stored=2)
    assert found.user == stores.users.read("ada")


def test_uploads_are_counted_while_there_is_room_for_those_that_came_first(stores: Stores) -> None:
    assert stores.users.admit("ada", admission(UploadCount(), 1, 0))
    read = stores.users.read_counted("ada").counts.uploads
    assert [stores.users.admit("ada", admission(read, 2, 4)) for _ in range(4)] == [True] * 3 + [False]
    assert stores.users.read_counted("ada").counts.uploads.admitted == 7


def test_one_request_begins_the_count_of_a_day(stores: Stores) -> None:
    assert [stores.users.admit("ada", admission(UploadCount(), 2, 9)) for _ in range(2)] == [True, False]
    read = stores.users.read_counted("ada").counts.uploads
    later = [stores.users.admit("ada", admission(read, 3, 9, NOW + DAY_MS)) for _ in range(2)]
    assert later == [True, False]
    assert stores.users.read_counted("ada").counts.uploads == UploadCount(day_of(NOW) + 1, admitted=3)


def test_repeated_uploads_are_counted_until_the_day_ends(stores: Stores) -> None:
    day = day_of(NOW)
    assert stores.users.admit("ada", admission(UploadCount(), 3, 0))
    stores.users.count_repeats("ada", 2, day)
    read = stores.users.read_counted("ada").counts.uploads
    assert (read, read.in_flight) == (UploadCount(day, admitted=3, repeated=2), 1)
    assert stores.users.admit("ada", admission(read, 1, 0, NOW + DAY_MS))
    stores.users.count_repeats("ada", 1, day)
    assert stores.users.read_counted("ada").counts.uploads == UploadCount(day + 1, admitted=1)


def collect_pages(stores: Stores) -> list[tuple[str, UserSettings | Permit]]:
    found, cursor = stores.sweeps.page(None)
    while cursor:
        page, cursor = stores.sweeps.page(cursor)
        found += page
    return found


def test_pages_show_every_permit_once_and_a_users_together(stores: Stores) -> None:
    for n in range(10):
        stores.users.record_login(f"user-{n}", None, NOW)
        stores.users.add(f"user-{n}", [FORM, PAY])
    found = [(openid, item) for openid, item in collect_pages(stores) if isinstance(item, Permit)]
    assert len(found) == len(set(found)) == 20
    assert [openid for openid, _ in found[::2]] == [openid for openid, _ in found[1::2]]


def test_pages_show_a_users_settings_before_the_permits(stores: Stores) -> None:
    quiet = QuietHours(time(22), time(8), "Asia/Shanghai")
    for openid in ("ada", "bob", "cid"):
        stores.users.add(openid, [FORM, ONCE, LONG])
        stores.users.change(openid, {"opt_out": True, "quiet_hours": quiet, "tags": ("vip",)})
    found = collect_pages(stores)
    assert len(found) == 12
    assert [item for _, item in found[::4]] == [
        UserSettings(opt_out=True, quiet_hours=quiet, tags=("vip",))
    ] * 3
    assert all({openid for openid, _ in found[n : n + 4]} == {found[n][0]} for n in (0, 4, 8))


def test_only_what_expired_is_removed(stores: Stores) -> None:
    stores.users.add("ada", [FORM, PAY, ONCE])
    entries = [("ada", permit) for permit in (FORM, PAY, ONCE)]
    assert stores.sweeps.remove(entries, FORM.expires_at or 0) == 1
    assert set(stores.users.read("ada").permits) == {PAY, ONCE}


def test_what_was_claimed_is_kept_seven_days_from_the_claim(stores: Stores) -> None:
    stores.users.add("ada", [FORM, ONCE, LONG])
    for permit in (FORM, ONCE, LONG):
        run(stores.ledger.claim("ada", permit, "d", NOW))
    claimed = [("ada", permit) for permit in stores.users.read("ada").permits if permit.claim]
    week = 604_800_000
    assert stores.sweeps.remove(claimed, NOW + week - 1000) == 0
    assert stores.sweeps.remove(claimed, NOW + week) == 3


def test_what_was_given_back_is_kept_until_its_expiry(stores: Stores) -> None:
    stores.users.add("ada", [FORM])
    run(stores.ledger.claim("ada", FORM, "d", NOW))
    run(stores.ledger.give_back("ada", FORM, "d"))
    assert stores.sweeps.remove([("ada", FORM)], NOW) == 0
    assert stores.sweeps.remove([("ada", FORM)], NOW + 1000) == 1
    assert stores.sweeps.remove([("ada", FORM)], NOW + 1000) == 0


def test_a_run_of_an_older_pass_cannot_move_a_newer_one(stores: Stores) -> None:
    stalled = Sweep(PoolMeasure(NOW), cursor={"after": ["x"]})
    stores.sweeps.save(stalled)
    ended = stores.sweeps.resume()
    assert ended
    ended.finished = True
    stores.sweeps.save(ended)
    stores.sweeps.save(Sweep(PoolMeasure(NOW + 1), cursor={"after": ["y"]}))
    assert not stores.sweeps.save(stalled)


def test_a_sweep_is_resumed_where_it_was_saved(stores: Stores) -> None:
    tags = TagCounts({"vip": 2}, size=17, is_complete=False)
    sweep = Sweep(MEASURE, tags, removed=3, cursor={"after": ["x"]})
    assert stores.sweeps.resume() is None
    assert stores.sweeps.save(sweep)
    assert stores.sweeps.resume() == replace(sweep, version=1)


def test_a_second_sweep_finds_itself_out(stores: Stores) -> None:
    stores.sweeps.save(Sweep(PoolMeasure(NOW), cursor={"after": ["x"]}))
    mine, other = stores.sweeps.resume(), stores.sweeps.resume()
    assert mine
    assert other
    assert stores.sweeps.save(mine)
    assert not stores.sweeps.save(other)


def test_a_finished_sweep_is_not_resumed_and_makes_room(stores: Stores) -> None:
    stores.sweeps.save(Sweep(PoolMeasure(NOW), finished=True))
    assert stores.sweeps.resume() is None
    assert stores.sweeps.save(Sweep(PoolMeasure(NOW + 1)))


def test_the_pool_is_what_was_published_last(stores: Stores) -> None:
    assert stores.sweeps.pool() is None
    stores.sweeps.publish(Sweep(MEASURE))
    assert stores.sweeps.pool() == MEASURE


def test_the_tags_are_what_was_published_last(stores: Stores) -> None:
    assert stores.sweeps.tags() is None
    counts = TagCounts({"vip": 2}, size=17)
    stores.sweeps.publish(Sweep(MEASURE, counts))
    assert stores.sweeps.tags() == TagMeasure(NOW, counts)


def test_a_count_that_is_emptied_is_dead_but_for_what_others_have_claimed(stores: Stores) -> None:
    tried, taken, spare, new = (ONCE._replace(id=id_) for id_ in ("tried", "taken", "spare", "new"))
    stores.users.add("ada", [tried, taken, spare, LONG, new])
    run(stores.ledger.claim("ada", tried, "first/a", NOW))
    run(stores.ledger.claim("ada", taken, "second/a", NOW))
    run(stores.ledger.invalidate_all("ada", [taken, spare, LONG], "first/a", 43101, NOW + 1))
    user = stores.users.read("ada")
    assert user.live(NOW) == [new]
    claims = {permit.id: permit.claim for permit in user.permits if permit.claim}
    invalidated_by = Claim("first/a", NOW + 1, invalidated_by=43101)
    assert claims == {
        "tried": Claim("first/a", NOW),
        "taken": Claim("second/a", NOW),
        "spare": invalidated_by,
    }


def test_what_is_emptied_is_not_brought_back_and_what_is_gone_stays_gone(stores: Stores) -> None:
    stores.users.add("ada", [ONCE])
    run(stores.ledger.invalidate_all("ada", [ONCE, ONCE._replace(id="gone")], "first/a", 43101, NOW))
    assert stores.users.add("ada", [ONCE]) == [False]
    assert run(stores.ledger.claim("ada", ONCE, "first/a", NOW)) is None
    assert [permit.id for permit in stores.users.read("ada").permits] == [ONCE.id]


def test_an_empty_count_has_nothing_to_be_emptied(stores: Stores) -> None:
    run(stores.ledger.invalidate_all("ada", [], "first/a", 43101, NOW))
    assert stores.users.read("ada").permits == ()


def test_what_is_withdrawn_is_the_templates_alone(stores: Stores) -> None:
    other = [ONCE._replace(template_id="T2"), LONG._replace(template_id="T2"), FORM, PAY]
    stores.users.add("ada", [ONCE, ONCE._replace(id="accept-2"), LONG, *other])
    stores.users.add("bob", [ONCE])
    assert stores.users.withdraw("ada", {"T_-1", "T3"}, NOW) == 3
    assert set(stores.users.read("ada").live(NOW)) == set(other)
    assert stores.users.read("bob").permits == (ONCE,)
    assert stores.users.withdraw("ada", {"T_-1"}, NOW) == 0


def test_a_claim_outlives_the_withdrawal_as_proof(stores: Stores) -> None:
    stores.users.add("ada", [ONCE, LONG])
    run(stores.ledger.claim("ada", ONCE, "first/a", NOW))
    run(stores.ledger.claim("ada", LONG, "second/a", NOW))
    assert stores.users.withdraw("ada", {"T_-1"}, NOW) == 1
    user = stores.users.read("ada")
    assert user.was_claimed_by("first")
    assert user.was_claimed_by("second")
    assert user.messages_since(NOW - 1) == 2
    assert user.live(NOW) == []


def test_an_accept_that_was_withdrawn_is_not_brought_back(stores: Stores) -> None:
    stores.users.add("ada", [ONCE])
    stores.users.withdraw("ada", {"T_-1"}, NOW)
    assert stores.users.add("ada", [ONCE, ONCE._replace(id="accept-2")]) == [False, True]
    assert [permit.id for permit in stores.users.read("ada").live(NOW)] == ["accept-2"]
    assert run(stores.ledger.claim("ada", ONCE, "first/a", NOW)) is None


@pytest.mark.parametrize("permit", [ONCE, LONG])
def test_what_is_given_back_after_the_withdrawal_is_dead(stores: Stores, permit: Permit) -> None:
    stores.users.add("ada", [permit])
    run(stores.ledger.claim("ada", permit, "first/a", NOW))
    stores.users.withdraw("ada", {"T_-1"}, NOW)
    run(stores.ledger.give_back("ada", permit, "first/a"))
    user = stores.users.read("ada")
    assert (user.live(NOW), user.claimed_for("first")) == ([], [])


@pytest.mark.parametrize("claimed_first", [True, False])
def test_what_is_given_back_while_it_is_withdrawn_is_dead_too(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, *, claimed_first: bool
) -> None:
    stores.users.add("ada", [ONCE])
    read = stores.users.read
    if claimed_first:
        run(stores.ledger.claim("ada", ONCE, "first/a", NOW))

    def read_and_lose_sight(openid: str) -> User:
        user = read(openid)
        run(stores.ledger.claim("ada", ONCE, "second/a", NOW))
        run(stores.ledger.give_back("ada", ONCE, "first/a"))
        return user

    monkeypatch.setattr(stores.users, "read", read_and_lose_sight)
    stores.users.withdraw("ada", {"T_-1"}, NOW)
    monkeypatch.undo()
    for holder in ("first/a", "second/a"):
        run(stores.ledger.give_back("ada", ONCE, holder))
    assert stores.users.read("ada").live(NOW) == []


def test_what_was_accepted_after_the_withdrawal_is_given_back_alive(stores: Stores) -> None:
    stores.users.add("ada", [ONCE])
    stores.users.withdraw("ada", {"T_-1"}, NOW)
    new = ONCE._replace(id="accept-2")
    stores.users.add("ada", [new])
    run(stores.ledger.claim("ada", new, "first/a", NOW))
    run(stores.ledger.give_back("ada", new, "first/a"))
    assert stores.users.read("ada").live(NOW) == [new]


def test_who_has_nothing_has_nothing_withdrawn(stores: Stores) -> None:
    assert stores.users.withdraw("nobody", {"T_-1"}, NOW) == 0


def test_what_a_user_refused_is_kept_template_by_template(stores: Stores) -> None:
    template_refusals = {
        TemplateRefusal("T_-1", NOW),
        TemplateRefusal("T" * 64, NOW + 1, times=3),
        TemplateRefusal("T2", NOW, times=0, is_ban=True),
        TemplateRefusal("T3", NOW, reports=("b0a1c2d3", "a0b1c2d3")),
    }
    for refusal in template_refusals:
        stores.users.save_refusals("ada", {refusal.template_id: refusal})
    assert set(stores.users.read("ada").template_refusals) == template_refusals
    assert stores.users.read("bob").template_refusals == ()


def test_a_later_refusal_takes_the_place_of_an_earlier_one(stores: Stores) -> None:
    stores.users.save_refusals("ada", {"T1": TemplateRefusal("T1", NOW)})
    stores.users.save_refusals("ada", {"T1": TemplateRefusal("T1", NOW + 1, times=2)})
    assert stores.users.read("ada").template_refusals == (TemplateRefusal("T1", NOW + 1, times=2),)


def test_refusals_are_noted_and_forgotten_together(stores: Stores) -> None:
    stores.users.save_refusals("ada", {"T1": TemplateRefusal("T1", NOW), "T2": TemplateRefusal("T2", NOW)})
    stores.users.save_refusals("ada", {"T1": None, "T3": TemplateRefusal("T3", NOW)})
    assert {refusal.template_id for refusal in stores.users.read("ada").template_refusals} == {"T2", "T3"}


def test_what_was_never_refused_can_be_forgotten(stores: Stores) -> None:
    stores.users.save_refusals("ada", {"T1": None})
    assert stores.users.read("ada").template_refusals == ()


def test_as_many_refusals_as_a_request_may_hold_are_noted_at_once(stores: Stores) -> None:
    first, second = (
        {f"T{n:063}": TemplateRefusal(f"T{n:063}", NOW) for n in range(at, at + 100)} for at in (0, 100)
    )
    stores.users.save_refusals("ada", first)
    stores.users.save_refusals("ada", {**dict.fromkeys(first), **second})
    assert {refusal.template_id for refusal in stores.users.read("ada").template_refusals} == set(second)


def test_refusals_and_settings_leave_each_other_alone(stores: Stores) -> None:
    stores.users.change("ada", {"opt_out": True, "tags": ("a",)})
    stores.users.save_refusals("ada", {"T1": TemplateRefusal("T1", NOW)})
    assert stores.users.change("ada", {"opt_out": False}) == UserSettings(tags=("a",))
    stores.users.record_login("ada", "union", NOW)
    user = stores.users.read("ada")
    assert (user.settings, user.template_refusals) == (
        UserSettings(tags=("a",)),
        (TemplateRefusal("T1", NOW),),
    )
    assert user.permits == ()
