"""Complaints, decisions and appeals, from the user's tap to what an app may still do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from support.centre import MemoryApps
from support.moderation import MemoryModeration
from support.sample_apps import app

from minipush.application.centre.appeal_sanction import AppealSanction, DecideAppeal
from minipush.application.centre.complain import Complain
from minipush.application.centre.decide_complaint import DecideComplaint
from minipush.application.centre.read_cases import ReadCases
from minipush.application.centre.sanction_app import SanctionApp
from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import (
    HOLD_COMPLAINERS,
    HOLD_MS,
    MESSAGE_AGE_MS,
    CaseVerdict,
    Complaint,
    ComplaintStatus,
)
from minipush.domain.centre.errors import (
    AlreadyDecidedError,
    AppealRefusedError,
    ComplaintRefusedError,
    OwnDecisionError,
    UnknownCaseError,
)
from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind
from minipush.domain.centre.moderation import ModerationChange
from minipush.domain.centre.points import POINTS_LIVE_MS, ComplaintCategory
from minipush.domain.centre.record import RecordedAct
from minipush.domain.centre.sanctions import FOR_GOOD, Sanction, SanctionKind
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import InvalidCursorError, StoreError

APPID = "wx-app"
DAY_MS = 24 * HOUR_MS
ADVERT, FRAUD = ComplaintCategory.ADVERT, ComplaintCategory.FRAUD


@dataclass
class Centre:
    """One app's users and operators. `sent`: messages of the app in the last 24 hours."""

    now: int = 1_800_000_000_000
    sent: int = 1000
    apps: MemoryApps = field(default_factory=lambda: MemoryApps({APPID: app(appid=APPID)}))
    messages: dict[tuple[str, str], InboxMessage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = MemoryModeration(self.apps)

        def clock() -> int:
            return self.now

        self.take = Complain(
            lambda openid, id_: self.messages.get((openid, id_)),
            self.store,
            self.store,
            lambda _appid, _at: self.sent,
            clock,
        )
        self.decide = DecideComplaint(self.store, self.store, clock)
        self.sanctions = SanctionApp(self.store, clock)
        self.appeal = AppealSanction(self.store, clock)
        self.decide_appeal = DecideAppeal(self.store, clock)
        self.read = ReadCases(self.store, self.store, clock)

    def message(self, openid: str = "anna", number: int = 1, text: str = "t") -> InboxMessage:
        made = InboxMessage(
            id=f"{number:032}",
            openid=openid,
            at=self.now,
            sender=Sender(SenderKind.APP, APPID, "Shop"),
            content=Content(title=text),
            until=self.now + 90 * DAY_MS,
        )
        self.messages[openid, made.id] = made
        return made

    def complain(self, openid: str = "anna", number: int = 1, text: str = "t") -> Complaint:
        message = self.message(openid, number, text)
        return self.take(openid, message.id, ADVERT, "烦").complaint

    def uphold(self, complaint: Complaint, category: ComplaintCategory | None = None) -> Sanction | None:
        return self.decide(complaint.id, CaseVerdict.UPHELD, category, "n", "anna").sanction

    def ban(self) -> Sanction:
        banned = self.uphold(self.complain(), FRAUD)
        assert banned
        return banned

    @property
    def acts(self) -> list[RecordedAct]:
        return [line.act for line in self.store.lines.get(APPID, [])]

    @property
    def is_held(self) -> bool:
        return self.store.read_app(APPID).hold_until > self.now


@pytest.fixture
def centre() -> Centre:
    return Centre()


# ---- complaining


def test_a_complaint_keeps_what_the_message_said(centre: Centre) -> None:
    complaint = centre.complain(text="中奖")
    centre.messages.clear()
    [listed] = centre.read.complaints(None, 10, None).entries
    assert listed == complaint
    assert listed.content == Content(title="中奖")


def test_to_complain_again_is_the_same_complaint(centre: Centre) -> None:
    first = centre.complain()
    again = centre.take("anna", first.message_id, FRAUD, None)
    assert (again.complaint, again.is_new) == (first, False)


def test_a_complaint_stays_when_its_message_is_gone_or_old(centre: Centre) -> None:
    first = centre.complain()
    centre.messages.clear()
    centre.now += MESSAGE_AGE_MS + 1
    assert centre.take("anna", first.message_id, FRAUD, None).complaint == first


def test_a_message_of_somebody_else_is_unknown(centre: Centre) -> None:
    message = centre.message("anna")
    with pytest.raises(UnknownCaseError):
        centre.take("bob", message.id, ADVERT, None)


def test_nobody_complains_about_a_message_older_than_thirty_days(centre: Centre) -> None:
    message = centre.message()
    centre.now += MESSAGE_AGE_MS + 1
    with pytest.raises(ComplaintRefusedError, match="30 days"):
        centre.take("anna", message.id, ADVERT, None)


@pytest.mark.parametrize("kind", [SenderKind.KEY, SenderKind.CENTRE])
def test_nobody_complains_about_messages_that_no_app_sent(centre: Centre, kind: SenderKind) -> None:
    message = centre.message()
    centre.messages["anna", message.id] = replace(message, sender=Sender(kind, "k", "mine"))
    with pytest.raises(ComplaintRefusedError, match="of apps"):
        centre.take("anna", message.id, ADVERT, None)


def test_nobody_complains_about_a_message_without_content(centre: Centre) -> None:
    message = centre.message()
    centre.messages["anna", message.id] = replace(message, is_deleted=True)
    with pytest.raises(UnknownCaseError):
        centre.take("anna", message.id, ADVERT, None)


# ---- the hold


def many_complain(centre: Centre, users: int = HOLD_COMPLAINERS, name: str = "user") -> list[Complaint]:
    return [centre.complain(f"{name} {number}") for number in range(users)]


def test_twenty_different_complainers_hold_an_app_before_anybody_has_looked(centre: Centre) -> None:
    many_complain(centre, HOLD_COMPLAINERS - 1)
    assert not centre.is_held
    centre.complain("the last")
    assert centre.is_held
    assert centre.acts == [RecordedAct.HOLD_SET]


def test_one_users_many_complaints_hold_nobody(centre: Centre) -> None:
    for number in range(50):
        centre.complain("anna", number)
    assert not centre.is_held


def test_an_app_with_many_messages_is_held_by_its_share_of_complainers_alone(centre: Centre) -> None:
    centre.sent = 10_000
    many_complain(centre, 30)
    assert not centre.is_held
    centre.complain("one more")
    assert centre.is_held


def test_a_hold_ends_after_72_hours(centre: Centre) -> None:
    many_complain(centre)
    centre.now += HOLD_MS
    assert not centre.is_held


def test_a_decision_ends_the_hold_and_it_takes_as_many_again_for_another(centre: Centre) -> None:
    complaints = many_complain(centre)
    centre.decide(complaints[0].id, CaseVerdict.REJECTED, None, "n", "anna")
    assert not centre.is_held
    assert centre.acts[-1] is RecordedAct.HOLD_ENDED
    for number in range(HOLD_COMPLAINERS - 1):
        centre.complain(f"later {number}")
    assert not centre.is_held
    centre.complain("the last")
    assert centre.is_held


def test_a_complaint_whose_count_failed_is_counted_by_its_repeat(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_complain(centre, HOLD_COMPLAINERS - 1)
    message = centre.message("the last")

    def complain() -> bool:
        return centre.take("the last", message.id, ADVERT, None).is_new

    with monkeypatch.context() as failing:
        failing.setattr(centre.store, "count_complainer", fails)
        with pytest.raises(StoreError):
            complain()
    assert not centre.is_held
    assert not complain()
    assert centre.is_held
    assert not complain()
    [counts] = centre.store.complainers.values()
    assert counts.recent(centre.now) == HOLD_COMPLAINERS


def test_a_complaint_that_is_decided_or_old_is_not_counted_again(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided, old = centre.complain("decided"), centre.complain("old")
    centre.uphold(decided)
    centre.now += DAY_MS
    monkeypatch.setattr(centre.store, "count_complainer", fails)
    for openid, complaint in (("decided", decided), ("old", old)):
        assert not centre.take(openid, complaint.message_id, ADVERT, None).is_new


def fails(*_: object) -> None:
    raise StoreError("the table is busy")


def test_an_app_that_is_held_is_not_held_again(centre: Centre) -> None:
    many_complain(centre, HOLD_COMPLAINERS + 5)
    assert centre.acts == [RecordedAct.HOLD_SET]


def test_whose_complaints_were_rejected_three_times_may_complain_and_sets_no_hold(centre: Centre) -> None:
    for number in range(3):
        rejected = centre.complain("crank", number)
        centre.decide(rejected.id, CaseVerdict.REJECTED, None, "n", "anna")
    centre.now += DAY_MS
    many_complain(centre, HOLD_COMPLAINERS - 1)
    centre.now += 1
    another = centre.complain("crank", 9)
    assert not centre.is_held
    assert centre.read.complaints(None, 1, None).entries == [another]
    centre.now += 90 * DAY_MS + 1
    many_complain(centre, HOLD_COMPLAINERS - 1, "another")
    centre.complain("crank", 10)
    assert centre.is_held


# ---- decisions


def test_the_category_is_the_users_unless_the_operator_gives_another(centre: Centre) -> None:
    centre.uphold(centre.complain("anna", 1, "a"))
    centre.uphold(centre.complain("bob", 2, "b"), ComplaintCategory.MISLEADING)
    assert {one.points for one in centre.read.standing_of(APPID).points} == {2, 3}


def test_a_second_decision_changes_nothing(centre: Centre) -> None:
    complaint = centre.complain()
    centre.uphold(complaint)
    for verdict in CaseVerdict:
        with pytest.raises(AlreadyDecidedError):
            centre.decide(complaint.id, verdict, FRAUD, "n", "bob")
    assert [one.points for one in centre.read.standing_of(APPID).points] == [2]
    assert centre.acts == [RecordedAct.COMPLAINT_UPHELD, RecordedAct.SANCTION_IMPOSED]


def test_an_operator_who_comes_second_in_a_race_is_told(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = centre.complain()
    change = centre.store.change

    def slower(mine: ModerationChange) -> bool:
        monkeypatch.undo()
        centre.decide(complaint.id, CaseVerdict.REJECTED, None, "first", "bob")
        return change(mine)

    monkeypatch.setattr(centre.store, "change", slower)
    with pytest.raises(AlreadyDecidedError):
        centre.uphold(complaint)
    assert centre.acts == [RecordedAct.COMPLAINT_REJECTED]


def test_a_decision_goes_on_after_others_about_the_same_app(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = centre.complain("anna", 1, "a"), centre.complain("bob", 2, "b")
    change = centre.store.change

    def slower(mine: ModerationChange) -> bool:
        monkeypatch.undo()
        centre.uphold(first)
        return change(mine)

    monkeypatch.setattr(centre.store, "change", slower)
    assert centre.uphold(second, ComplaintCategory.IMPERSONATION)
    assert {one.points for one in centre.read.standing_of(APPID).points} == {2, 6}


def test_a_decision_that_others_overtake_for_ever_is_a_store_error(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = centre.complain()
    monkeypatch.setattr(centre.store, "change", lambda _: False)
    with pytest.raises(StoreError):
        centre.uphold(complaint)


def test_points_and_sanctions_are_shown_as_long_as_they_live(centre: Centre) -> None:
    centre.uphold(centre.complain())
    [points] = centre.read.standing_of(APPID).points
    assert points.expires_at == centre.now + POINTS_LIVE_MS
    centre.now += POINTS_LIVE_MS
    standing = centre.read.standing_of(APPID)
    assert (standing.points, standing.sanctions) == ([], [])


@pytest.mark.parametrize(
    "decide",
    [
        lambda centre, id_: centre.decide(id_, CaseVerdict.UPHELD, None, "n", "anna"),
        lambda centre, id_: centre.sanctions.lift(id_, "n", "anna"),
        lambda centre, id_: centre.appeal(APPID, id_, "no"),
        lambda centre, id_: centre.decide_appeal(id_, CaseVerdict.UPHELD, "n", "anna"),
    ],
)
def test_what_does_not_exist_cannot_be_decided(
    centre: Centre, decide: Callable[[Centre, CaseId], object]
) -> None:
    with pytest.raises(UnknownCaseError):
        decide(centre, CaseId.new(APPID, centre.now))
    assert centre.acts == []


# ---- sanctions by hand


@pytest.mark.parametrize(
    ("kind", "until"),
    [(SanctionKind.NOTICE, 1_800_000_000_000 + POINTS_LIVE_MS), (SanctionKind.BAN, FOR_GOOD)],
)
def test_without_an_end_a_sanction_is_for_good_and_a_notice_as_long_as_points(
    centre: Centre, kind: SanctionKind, until: int
) -> None:
    assert centre.sanctions.impose(APPID, kind, None, "spam", "n", "anna").until == until


def test_a_lifted_sanction_cannot_be_lifted_again(centre: Centre) -> None:
    ban = centre.sanctions.impose(APPID, SanctionKind.BAN, None, "spam", "n", "anna")
    centre.sanctions.lift(ban.id, "enough", "bob")
    assert centre.apps.apps[APPID].banned_until == 0
    with pytest.raises(AlreadyDecidedError):
        centre.sanctions.lift(ban.id, "enough", "bob")
    assert centre.acts == [RecordedAct.SANCTION_IMPOSED, RecordedAct.SANCTION_LIFTED]


# ---- appeals


def test_a_won_appeal_restores_the_app_and_leaves_the_record(centre: Centre) -> None:
    ban = centre.ban()
    centre.appeal(APPID, ban.id, "we did not")
    won = centre.decide_appeal(ban.id, CaseVerdict.UPHELD, "right", "bob")
    assert won.is_revoked
    assert centre.apps.apps[APPID].banned_until == 0
    assert centre.read.standing_of(APPID).points == []
    assert centre.acts == [
        RecordedAct.COMPLAINT_UPHELD,
        RecordedAct.SANCTION_IMPOSED,
        RecordedAct.APPEAL_MADE,
        RecordedAct.APPEAL_UPHELD,
    ]


def test_who_imposed_a_sanction_does_not_decide_its_appeal(centre: Centre) -> None:
    ban = centre.ban()
    centre.appeal(APPID, ban.id, "we did not")
    with pytest.raises(OwnDecisionError):
        centre.decide_appeal(ban.id, CaseVerdict.REJECTED, "n", "anna")
    [waiting] = centre.read.appeals(ComplaintStatus.OPEN, 10, None).entries
    assert waiting.id == ban.id


def test_an_appeal_is_decided_once(centre: Centre) -> None:
    ban = centre.ban()
    centre.appeal(APPID, ban.id, "we did not")
    centre.decide_appeal(ban.id, CaseVerdict.REJECTED, "n", "bob")
    with pytest.raises(AlreadyDecidedError):
        centre.decide_appeal(ban.id, CaseVerdict.UPHELD, "n", "bob")
    assert centre.apps.apps[APPID].banned_until == FOR_GOOD


def test_a_sanction_is_appealed_once_within_thirty_days_by_its_own_app(centre: Centre) -> None:
    ban = centre.ban()
    with pytest.raises(UnknownCaseError):
        centre.appeal("wx-other", ban.id, "no")
    centre.appeal(APPID, ban.id, "no")
    with pytest.raises(AppealRefusedError):
        centre.appeal(APPID, ban.id, "no, really")
    another = centre.sanctions.impose(APPID, SanctionKind.BAN, None, "spam", "n", "anna")
    centre.now += 30 * DAY_MS
    with pytest.raises(AppealRefusedError):
        centre.appeal(APPID, another.id, "late")


# ---- lists


def test_lists_come_by_pages(centre: Centre) -> None:
    mine = [centre.complain("anna", number, f"t{number}") for number in range(3)]
    page = centre.read.complaints_of("anna", 2, None)
    rest = centre.read.complaints_of("anna", 2, page.next_cursor)
    assert [*page.entries, *rest.entries] == mine[::-1]
    assert rest.next_cursor is None
    centre.now += 1
    last = centre.complain("bob", 4)
    first = centre.read.complaints(None, 1, None)
    assert first.entries == [last]
    assert len(centre.read.complaints(None, 10, first.next_cursor).entries) == 3


def test_a_foreign_cursor_is_refused(centre: Centre) -> None:
    with pytest.raises(InvalidCursorError):
        centre.read.complaints(None, 10, "bm8")


def test_a_cursor_of_the_complaints_is_refused_by_other_lists(centre: Centre) -> None:
    for number in range(3):
        centre.complain("anna", number)
    cursor = centre.read.complaints(ComplaintStatus.OPEN, 1, None).next_cursor
    assert centre.read.complaints(ComplaintStatus.OPEN, 1, cursor).entries
    for other in (
        partial(centre.read.complaints, ComplaintStatus.UPHELD),
        partial(centre.read.appeals, None),
    ):
        with pytest.raises(InvalidCursorError):
            other(1, cursor)
