"""Complaints and decisions about apps: in memory and in DynamoDB alike."""

from dataclasses import dataclass, replace

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.centre import MemoryApps
from support.moderation import MemoryModeration
from support.racing import at_once
from support.sample_apps import app
from support.tables import create_centre_table

from minipush.adapters.dynamodb.centre.case_items import META, app_key
from minipush.adapters.dynamodb.centre.complaints import DynamoComplaints
from minipush.adapters.dynamodb.centre.sanctions import DynamoSanctions
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.application.ports.centre.complaints import ComplaintStore
from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import CaseDecision, CaseVerdict, Complaint, ComplaintStatus
from minipush.domain.centre.errors import UnknownAppError
from minipush.domain.centre.inbox import Content
from minipush.domain.centre.moderation import (
    ModerationChange,
    appeal,
    decide,
    decide_appeal,
    hold,
    impose,
    lift,
)
from minipush.domain.centre.points import ComplaintCategory, total
from minipush.domain.centre.record import RecordedAct
from minipush.domain.centre.sanctions import FOR_GOOD, Appeal, Lift, Sanction, SanctionKind
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import StoreError

NOW = 1_800_000_000_000
APPID = "wx00000000000000aa"
OTHER = "wx00000000000000bb"


@dataclass(frozen=True)
class Stores:
    complaints: ComplaintStore
    sanctions: SanctionStore


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        apps = MemoryApps({appid: app(appid=appid) for appid in (APPID, OTHER)})
        memory = MemoryModeration(apps)
        return Stores(memory, memory)
    client: DynamoDBClient = request.getfixturevalue("dynamodb")
    table = CentreTable(client, create_centre_table(client))
    for appid in (APPID, OTHER):
        table.put(app_key(appid, META))
    return Stores(DynamoComplaints(table), DynamoSanctions(table))


def complaint(
    message_id: str = "m1", user: str = "u1", *, at: int = NOW, text: str | None = None, appid: str = APPID
) -> Complaint:
    return Complaint(
        id=CaseId.new(appid, at),
        user=user,
        message_id=message_id,
        message_at=at - HOUR_MS,
        content=Content(title="中奖", body="b", url="https://a.example/"),
        category=ComplaintCategory.ADVERT,
        text=text,
        at=at,
    )


def sanction(at: int = NOW, by: str = "anna") -> Sanction:
    return Sanction(
        id=CaseId.new(APPID, at),
        kind=SanctionKind.BAN,
        at=at,
        until=FOR_GOOD,
        rule="spam",
        note="n",
        by=by,
    )


def decision(verdict: CaseVerdict = CaseVerdict.UPHELD, by: str = "anna", at: int = NOW) -> CaseDecision:
    return CaseDecision(verdict=verdict, by=by, at=at, note="看过")


def decided(
    stores: Stores, about: Complaint, category: ComplaintCategory, made: CaseDecision | None = None
) -> ModerationChange:
    app = stores.sanctions.read_app(about.id.appid)
    return decide(app, about, made or decision(), category, CaseId.new(about.id.appid, NOW))


def imposed(stores: Stores, one: Sanction) -> Sanction:
    assert stores.sanctions.change(impose(stores.sanctions.read_app(APPID), one))
    return one


def test_a_complaint_is_found_as_it_was_made(stores: Stores) -> None:
    first, second = complaint("m1", text="骗人"), complaint("m2")
    for one in (first, second):
        assert stores.complaints.add("anna", one) == one
        assert stores.complaints.read_complaint(one.id) == one
        assert stores.complaints.about("anna", one.message_id) == [one]
    assert stores.complaints.about("bob", "m1") == []
    assert stores.complaints.about("anna", "m") == []
    assert stores.complaints.read_complaint(CaseId.new(APPID, NOW)) is None


def test_a_user_complains_about_a_message_once(stores: Stores) -> None:
    first = stores.complaints.add("anna", complaint())
    assert stores.complaints.add("anna", complaint(text="again")) == first
    assert stores.complaints.newest(None, 10, None) == [first]


def test_each_text_of_a_message_has_a_complaint_of_its_own(stores: Stores) -> None:
    first = stores.complaints.add("anna", complaint())
    second = stores.complaints.add("anna", replace(complaint(at=NOW + 1), content=Content(title="转账")))
    assert first != second
    assert {one.id for one in stores.complaints.about("anna", "m1")} == {first.id, second.id}
    newest, *_ = stores.complaints.of_user("anna", 1, None)
    assert {newest.id, *(one.id for one in stores.complaints.of_user("anna", 1, newest.place))} == {
        first.id,
        second.id,
    }


def test_what_stands_for_a_user_stays_and_tells_nothing(stores: Stores) -> None:
    made = at_once([lambda: stores.complaints.complainer("anna") for _ in range(5)])
    assert len(set(made)) == 1
    assert stores.complaints.complainer("anna") == made[0] != stores.complaints.complainer("bob")
    assert "anna" not in made[0]


def test_of_complaints_at_the_same_moment_one_is_stored(stores: Stores) -> None:
    made = at_once([lambda: stores.complaints.add("anna", complaint()) for _ in range(5)])
    assert len(set(made)) == 1
    assert stores.complaints.newest(None, 10, None) == made[:1]


def test_a_users_complaints_come_by_pages_without_those_of_others(stores: Stores) -> None:
    mine = [stores.complaints.add("anna", complaint(f"m{n}")) for n in range(3)]
    stores.complaints.add("bob", complaint("m1"))
    assert stores.complaints.of_user("anna", 2, None) == [mine[2], mine[1]]
    assert stores.complaints.of_user("anna", 2, mine[1].place) == [mine[0]]


def test_complaints_are_listed_by_status_the_newest_first(stores: Stores) -> None:
    old, mid, new = (stores.complaints.add("anna", complaint(f"m{n}", at=NOW + n)) for n in range(3))
    assert stores.sanctions.change(decided(stores, mid, ComplaintCategory.ADVERT))
    newest = stores.complaints.newest
    assert newest(ComplaintStatus.OPEN, 10, None) == [new, old]
    assert [one.id for one in newest(ComplaintStatus.UPHELD, 10, None)] == [mid.id]
    assert [one.id for one in newest(None, 10, None)] == [new.id, mid.id, old.id]
    assert newest(None, 1, None) == [new]
    assert [one.id for one in newest(None, 10, new.id)] == [mid.id, old.id]
    assert newest(ComplaintStatus.REJECTED, 10, None) == []


def test_a_decision_comes_with_its_points_its_sanction_and_its_lines(stores: Stores) -> None:
    about = stores.complaints.add("anna", complaint())
    change = decided(stores, about, ComplaintCategory.FRAUD)
    assert stores.sanctions.change(change)
    app = stores.sanctions.read_app(APPID)
    assert replace(app, version=0) == change.after
    assert total(app.points, NOW) == 12
    assert stores.complaints.read_complaint(about.id) == change.decided
    [ban] = app.sanctions
    assert stores.sanctions.read_sanction(ban.id) == ban
    lines = stores.sanctions.record(APPID, 10, None).lines
    assert lines == list(change.lines[::-1])


def test_of_two_operators_who_decide_at_once_one_does(stores: Stores) -> None:
    about = stores.complaints.add("anna", complaint())
    changes = [decided(stores, about, ComplaintCategory.FRAUD, decision(by=by)) for by in ("anna", "bob")]
    results = at_once([lambda change=change: stores.sanctions.change(change) for change in changes])  # type: ignore[misc]
    assert sorted(results) == [False, True]
    assert total(stores.sanctions.read_app(APPID).points, NOW) == 12
    assert len(stores.sanctions.record(APPID, 10, None).lines) == 2


def test_decisions_about_different_apps_do_not_meet(stores: Stores) -> None:
    one, another = complaint("m1"), complaint("m2", appid=OTHER)
    changes = [decided(stores, about, ComplaintCategory.ADVERT) for about in (one, another)]
    assert [stores.sanctions.change(change) for change in changes] == [True, True]


def test_an_app_that_does_not_exist_cannot_be_decided_about(stores: Stores) -> None:
    change = decided(stores, complaint(appid="wx-none"), ComplaintCategory.ADVERT)
    with pytest.raises(UnknownAppError):
        stores.sanctions.change(change)


def test_rejections_are_counted_by_user_since_an_instant_up_to_three(stores: Stores) -> None:
    for n in range(4):
        about = stores.complaints.add("anna", complaint(f"m{n}", at=NOW + n))
        made = decision(CaseVerdict.REJECTED, at=NOW + n)
        assert stores.sanctions.change(decided(stores, about, ComplaintCategory.ADVERT, made))
        assert stores.complaints.rejections("u1", NOW) == min(n + 1, 3)
    assert stores.complaints.rejections("u1", NOW + 3) == 1
    assert stores.complaints.rejections("u2", NOW) == 0


def test_an_upheld_complaint_is_no_rejection(stores: Stores) -> None:
    about = stores.complaints.add("anna", complaint())
    assert stores.sanctions.change(decided(stores, about, ComplaintCategory.ADVERT))
    assert stores.complaints.rejections("u1", NOW) == 0


def test_a_user_is_counted_once_in_24_hours(stores: Stores) -> None:
    count = stores.complaints.count_complainer
    assert count(APPID, "u1", NOW, 0).recent(NOW) == 1
    assert count(APPID, "u1", NOW + 24 * HOUR_MS - 1, 0).by_hour == {NOW // HOUR_MS: 1}
    assert count(APPID, "u2", NOW, 0).recent(NOW) == 2
    assert count(OTHER, "u1", NOW, 0).recent(NOW) == 1
    later = NOW + 24 * HOUR_MS
    assert count(APPID, "u1", later, 0).recent(later) == 1


def test_a_review_begins_a_new_count(stores: Stores) -> None:
    count = stores.complaints.count_complainer
    for user in ("u1", "u2"):
        count(APPID, user, NOW, 0)
    assert count(APPID, "u1", NOW + 1, 1).recent(NOW) == 1


def test_the_same_complaint_counts_once_though_a_review_came_after_it(stores: Stores) -> None:
    count = stores.complaints.count_complainer
    assert count(APPID, "u1", NOW, 0).recent(NOW) == 1
    assert count(APPID, "u1", NOW, 0).recent(NOW) == 1
    assert count(APPID, "u1", NOW, 1).recent(NOW) == 0


def test_a_complaint_that_is_counted_late_finds_the_later_ones(stores: Stores) -> None:
    count = stores.complaints.count_complainer
    later = NOW + 2 * HOUR_MS
    count(APPID, "u1", later, 0)
    assert count(APPID, "u2", NOW, 0).recent(later) == 2


def test_users_who_complain_at_the_same_moment_are_all_counted(stores: Stores) -> None:
    count = stores.complaints.count_complainer
    at_once([lambda user=f"u{n}": count(APPID, user, NOW, 0) for n in range(8)])  # type: ignore[misc]
    assert count(APPID, "u0", NOW, 0).recent(NOW) == 8


def test_a_hold_and_its_end_are_kept(stores: Stores) -> None:
    assert stores.sanctions.change(hold(stores.sanctions.read_app(APPID), NOW))
    held = stores.sanctions.read_app(APPID)
    assert held.hold_until > NOW
    about = stores.complaints.add("anna", complaint())
    assert stores.sanctions.change(decided(stores, about, ComplaintCategory.ADVERT))
    app = stores.sanctions.read_app(APPID)
    assert (app.hold_until, app.reviews) == (0, 1)


def test_a_lift_and_an_appeal_are_kept_with_their_sanction(stores: Stores) -> None:
    one, two = (imposed(stores, sanction(NOW + n)) for n in range(2))
    app = stores.sanctions.read_app(APPID)
    assert stores.sanctions.change(lift(app, one, Lift(by="bob", at=NOW, note="n")))
    app = stores.sanctions.read_app(APPID)
    assert stores.sanctions.change(appeal(app, two, Appeal(text="不是", at=NOW)))
    lifted, appealed = (stores.sanctions.read_sanction(each.id) for each in (one, two))
    assert lifted
    assert lifted.lift == Lift(by="bob", at=NOW, note="n")
    assert appealed
    assert appealed.appeal == Appeal(text="不是", at=NOW)


def test_appeals_are_listed_by_status(stores: Stores) -> None:
    ids = []
    for n in range(3):
        one = imposed(stores, sanction(NOW + n))
        stores.sanctions.change(appeal(stores.sanctions.read_app(APPID), one, Appeal(text="no", at=NOW)))
        ids.append(one.id)
    app = stores.sanctions.read_app(APPID)
    appealed = app.sanction(ids[1])
    assert appealed
    assert appealed.appeal
    stores.sanctions.change(decide_appeal(app, appealed, appealed.appeal, decision(by="bob")))

    def listed(status: ComplaintStatus | None, before: CaseId | None = None, limit: int = 10) -> list[CaseId]:
        return [one.id for one in stores.sanctions.appealed(status, limit, before)]

    assert listed(ComplaintStatus.OPEN) == [ids[2], ids[0]]
    assert listed(ComplaintStatus.UPHELD) == [ids[1]]
    assert listed(None) == ids[::-1]
    assert listed(None, ids[2], 1) == [ids[1]]


def test_the_record_comes_by_pages_the_newest_line_first(stores: Stores) -> None:
    for n in range(3):
        imposed(stores, sanction(NOW + n))
    page = stores.sanctions.record(APPID, 2, None)
    assert [line.at for line in page.lines] == [NOW + 2, NOW + 1]
    rest = stores.sanctions.record(APPID, 2, page.following)
    assert [line.at for line in rest.lines] == [NOW]
    assert stores.sanctions.record(OTHER, 2, None).lines == []


def test_risky_texts_are_one_line_of_the_record_a_day(stores: Stores) -> None:
    for at in (NOW, NOW + 1, NOW + 24 * HOUR_MS):
        stores.sanctions.count_blocked_text(APPID, at)
    lines = stores.sanctions.record(APPID, 10, None).lines
    assert [line.at for line in lines] == [NOW + 24 * HOUR_MS, NOW]
    assert {line.act for line in lines} == {RecordedAct.TEXT_BLOCKED}


@pytest.mark.emulator
def test_pushes_find_what_is_in_force_beside_the_app(dynamodb: DynamoDBClient) -> None:
    table = CentreTable(dynamodb, create_centre_table(dynamodb))
    table.put(app_key(APPID, META) | {"name": {"S": "Shop"}})
    store = DynamoSanctions(table)
    store.change(impose(store.read_app(APPID), sanction()))
    meta = table.get(app_key(APPID, META))
    assert (meta["banned_until"], meta["hold_until"]) == ({"N": str(FOR_GOOD)}, {"N": "0"})
    assert meta["name"] == {"S": "Shop"}


@pytest.mark.emulator
def test_nothing_that_is_kept_with_an_app_names_the_user(dynamodb: DynamoDBClient) -> None:
    name = create_centre_table(dynamodb)
    DynamoComplaints(CentreTable(dynamodb, name)).add("o-the-users-openid", complaint())
    items = dynamodb.scan(TableName=name)["Items"]
    naming = [item["pk"]["S"] for item in items if "o-the-users-openid" in str(item)]
    assert naming == ["user#o-the-users-openid"]


def test_a_table_that_is_not_there_is_a_store_error(nowhere: DynamoDBClient) -> None:
    table = CentreTable(nowhere, "none", sleep=lambda _: None)
    with pytest.raises(StoreError):
        DynamoComplaints(table).add("anna", complaint())
    with pytest.raises(StoreError):
        DynamoSanctions(table).read_app(APPID)


def test_of_complaints_that_are_due_at_once_one_sets_the_hold(stores: Stores) -> None:
    changes = [hold(stores.sanctions.read_app(APPID), NOW) for _ in range(3)]
    results = at_once([lambda change=change: stores.sanctions.change(change) for change in changes])  # type: ignore[misc]
    assert sorted(results) == [False, False, True]
    assert len(stores.sanctions.record(APPID, 10, None).lines) == 1
