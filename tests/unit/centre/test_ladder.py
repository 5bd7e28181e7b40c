"""What upheld complaints cost an app, and how it gets out again."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.domain.centre.cases import CaseId
from minipush.domain.centre.complaints import (
    HOLD_MS,
    WINDOW_MS,
    CaseDecision,
    CaseVerdict,
    Complainers,
    Complaint,
    is_hold_due,
)
from minipush.domain.centre.inbox import Content
from minipush.domain.centre.moderation import (
    ModeratedApp,
    ModerationChange,
    appeal,
    decide,
    decide_appeal,
    hold,
    impose,
    lift,
)
from minipush.domain.centre.points import POINTS_LIVE_MS, ComplaintCategory, total
from minipush.domain.centre.record import RecordedAct
from minipush.domain.centre.sanctions import (
    APPEAL_WITHIN_MS,
    FOR_GOOD,
    Appeal,
    Lift,
    Sanction,
    SanctionKind,
    standing,
)
from minipush.domain.timestamps import HOUR_MS

NOW = 1_800_000_000_000
DAY_MS = 24 * HOUR_MS
APPID = "wx00000000000000aa"
MISLEADING = ComplaintCategory.MISLEADING


def complaint(
    user: str = "u1", text: str = "t1", *, at: int = NOW, message_at: int = NOW - HOUR_MS
) -> Complaint:
    return Complaint(
        id=CaseId.new(APPID, at),
        user=user,
        message_id="m",
        message_at=message_at,
        content=Content(title=text),
        category=ComplaintCategory.ANNOYING,
        text=None,
        at=at,
    )


@dataclass
class Court:
    """Decides about one app."""

    app: ModeratedApp = field(default_factory=lambda: ModeratedApp(appid=APPID))

    def decide(
        self,
        about: Complaint,
        category: ComplaintCategory = MISLEADING,
        verdict: CaseVerdict = CaseVerdict.UPHELD,
        at: int = NOW,
    ) -> ModerationChange:
        decision = CaseDecision(verdict=verdict, by="anna", at=at, note="n")
        change = decide(self.app, about, decision, category, CaseId.new(APPID, at))
        self.app = change.after
        return change

    def uphold_many(self, *categories: ComplaintCategory, at: int = NOW) -> list[Sanction]:
        for number, category in enumerate(categories):
            self.decide(complaint(f"user {number}", f"text {number}"), category, at=at)
        return list(self.app.sanctions)

    def win_appeal(self, sanction: Sanction, at: int = NOW) -> ModerationChange:
        made = Appeal(text="no", at=at)
        decision = CaseDecision(verdict=CaseVerdict.UPHELD, by="bob", at=at, note="right")
        change = decide_appeal(self.app, replace(sanction, appeal=made), made, decision)
        self.app = change.after
        return change

    def points(self, at: int = NOW) -> int:
        return total(self.app.points, at)


@pytest.fixture
def court() -> Court:
    return Court()


def test_twenty_complaints_about_one_message_cost_as_much_as_one(court: Court) -> None:
    changes = [court.decide(complaint(f"u{n}", "the same")) for n in range(20)]
    assert [change.decided and change.decided.points for change in changes] == [3] + [0] * 19
    assert court.points() == 3


def test_one_users_fifty_complaints_cost_as_much_as_one(court: Court) -> None:
    for n in range(50):
        court.decide(complaint("u1", f"text {n}"))
    assert court.points() == 3


def test_a_user_counts_again_after_thirty_days(court: Court) -> None:
    court.decide(complaint("u1", "a", at=NOW - 30 * DAY_MS))
    court.decide(complaint("u1", "b"))
    assert court.points() == 6


def test_who_sends_the_same_text_after_a_decision_pays_again(court: Court) -> None:
    court.decide(complaint("u1", "same"))
    court.decide(complaint("u2", "same", message_at=NOW))
    assert court.points() == 3
    court.decide(complaint("u3", "same", message_at=NOW + 1))
    assert court.points() == 6


def test_a_rejected_complaint_costs_nothing_and_does_not_use_up_the_message(court: Court) -> None:
    change = court.decide(complaint("u1", "same"), verdict=CaseVerdict.REJECTED)
    assert change.after.points == ()
    court.decide(complaint("u2", "same"))
    assert court.points() == 3


def test_what_cost_nothing_does_not_use_up_the_user(court: Court) -> None:
    court.decide(complaint("u1", "same"))
    court.decide(complaint("u2", "same"))
    court.decide(complaint("u2", "another"))
    assert court.points() == 6


@pytest.mark.parametrize(
    ("categories", "kind", "lasts", "rule"),
    [
        (["annoying"], SanctionKind.NOTICE, POINTS_LIVE_MS, "points_1"),
        (["advert"], SanctionKind.NOTICE, POINTS_LIVE_MS, "points_1"),
        (["misleading"], SanctionKind.STRONG_OFF, DAY_MS, "points_3"),
        (["advert", "misleading"], SanctionKind.STRONG_OFF, DAY_MS, "points_3"),
        (["impersonation"], SanctionKind.BAN, 7 * DAY_MS, "points_6"),
        (["impersonation", "misleading"], SanctionKind.BAN, 30 * DAY_MS, "points_9"),
        (["fraud"], SanctionKind.BAN, FOR_GOOD - NOW, "points_12"),
        (["illegal"], SanctionKind.BAN, FOR_GOOD - NOW, "points_12"),
        (["misleading"] * 4, SanctionKind.BAN, FOR_GOOD - NOW, "points_12"),
    ],
)
def test_the_ladder(court: Court, categories: list[str], kind: SanctionKind, lasts: int, rule: str) -> None:
    last = court.uphold_many(*map(ComplaintCategory, categories))[-1]
    assert (last.kind, last.until - NOW, last.rule) == (kind, lasts, rule)


def test_an_app_that_is_banned_for_good_is_not_banned_again(court: Court) -> None:
    assert len(court.uphold_many(ComplaintCategory.FRAUD, ComplaintCategory.FRAUD)) == 1
    assert court.points() == 24


def test_points_expire_one_set_after_the_other(court: Court) -> None:
    court.decide(complaint("u1", "a"))
    court.decide(complaint("u2", "b"), at=NOW + DAY_MS)
    assert [court.points(NOW + POINTS_LIVE_MS - 1), court.points(NOW + POINTS_LIVE_MS)] == [6, 3]
    assert court.points(NOW + POINTS_LIVE_MS + DAY_MS) == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(ComplaintCategory),
        st.sampled_from(["u1", "u2", "u3"]),
        st.sampled_from(["t1", "t2", "t3"]),
        st.sampled_from(CaseVerdict),
        st.integers(0, 29),
    ),
    max_size=30,
)


@given(STEPS)
def test_within_thirty_days_points_come_from_different_users_and_different_messages(
    steps: list[tuple[ComplaintCategory, str, str, CaseVerdict, int]],
) -> None:
    court = Court()
    for category, user, text, verdict, days in sorted(steps, key=lambda step: step[-1]):
        at = NOW + days * DAY_MS
        court.decide(complaint(user, text, at=at, message_at=NOW - HOUR_MS), category, verdict, at)
    charged = [one.grievance for one in court.app.live_points(NOW + 30 * DAY_MS)]
    assert len({one.user for one in charged}) == len(charged)
    assert len({one.text_hash for one in charged}) == len(charged)


@given(st.lists(st.sampled_from(ComplaintCategory), min_size=1, max_size=8))
def test_a_harder_total_never_gets_a_milder_sanction(categories: list[ComplaintCategory]) -> None:
    court = Court()
    hardest = (0, 0)
    for number, category in enumerate(categories):
        court.decide(complaint(f"u{number}", f"t{number}"), category)
        in_force = [one.severity for one in court.app.sanctions if one.is_in_force(NOW)]
        assert max(in_force) >= hardest
        hardest = max(in_force)


@given(
    st.lists(st.sampled_from(ComplaintCategory), min_size=1, max_size=6), st.randoms(use_true_random=False)
)
def test_who_wins_all_appeals_is_as_before(categories: list[ComplaintCategory], random: object) -> None:
    court = Court()
    court.uphold_many(*categories)
    for sanction in list(court.app.sanctions):
        now_it_is = court.app.sanction(sanction.id)
        assert now_it_is
        court.win_appeal(now_it_is)
    assert standing(court.app.sanctions).banned_until == 0
    assert not [one for one in court.app.sanctions if one.is_in_force(NOW)]


def test_a_won_appeal_takes_the_ban_and_the_points_away_and_the_record_keeps_both(court: Court) -> None:
    [ban] = court.uphold_many(ComplaintCategory.FRAUD)
    assert standing(court.app.sanctions).banned_until == FOR_GOOD
    change = court.win_appeal(ban)
    assert standing(court.app.sanctions).banned_until == 0
    assert court.points() == 0
    assert [(line.act, line.points) for line in change.lines] == [(RecordedAct.APPEAL_UPHELD, 12)]


def test_a_message_whose_points_were_taken_back_is_not_charged_again(court: Court) -> None:
    court.decide(complaint("u1", "same"), ComplaintCategory.FRAUD)
    court.win_appeal(court.app.sanctions[0])
    court.decide(complaint("u2", "same"))
    assert court.points() == 0
    court.decide(complaint("u1", "another"))
    assert court.points() == 3


def test_a_later_sanction_becomes_what_it_would_have_been_without_the_points_taken_back(court: Court) -> None:
    first, second = court.uphold_many(ComplaintCategory.IMPERSONATION, ComplaintCategory.IMPERSONATION)
    assert second.is_for_good
    change = court.win_appeal(first)
    eased = court.app.sanction(second.id)
    assert eased
    assert (eased.kind, eased.until, eased.rule) == (SanctionKind.BAN, NOW + 7 * DAY_MS, "points_6")
    assert [line.act for line in change.lines] == [RecordedAct.APPEAL_UPHELD, RecordedAct.SANCTION_EASED]


def test_a_rejected_appeal_changes_nothing_but_itself(court: Court) -> None:
    [ban] = court.uphold_many(ComplaintCategory.FRAUD)
    made = Appeal(text="no", at=NOW)
    decision = CaseDecision(verdict=CaseVerdict.REJECTED, by="bob", at=NOW, note="n")
    after = decide_appeal(court.app, replace(ban, appeal=made), made, decision).after
    assert standing(after.sanctions).banned_until == FOR_GOOD
    assert total(after.points, NOW) == 12


def test_a_sanction_may_be_appealed_once_within_thirty_days(court: Court) -> None:
    [ban] = court.uphold_many(ComplaintCategory.FRAUD)
    assert ban.may_be_appealed(NOW + APPEAL_WITHIN_MS - 1)
    assert not ban.may_be_appealed(NOW + APPEAL_WITHIN_MS)
    appealed = appeal(court.app, ban, Appeal(text="no", at=NOW)).after.sanction(ban.id)
    assert appealed
    assert not appealed.may_be_appealed(NOW)


def test_a_lifted_sanction_is_over_and_the_points_stay(court: Court) -> None:
    [ban] = court.uphold_many(ComplaintCategory.FRAUD)
    court.app = lift(court.app, ban, Lift(by="bob", at=NOW, note="n")).after
    assert standing(court.app.sanctions).banned_until == 0
    assert court.points() == 12


def test_sanctions_of_one_kind_end_with_the_last(court: Court) -> None:
    for days in (3, 7, 1):
        sanction = Sanction(
            id=CaseId.new(APPID, NOW),
            kind=SanctionKind.BAN,
            at=NOW,
            until=NOW + days * DAY_MS,
            rule="spam",
            note="n",
            by="anna",
        )
        court.app = impose(court.app, sanction).after
    assert standing(court.app.sanctions).banned_until == NOW + 7 * DAY_MS
    assert standing(court.app.sanctions).strong_off_until == 0


@pytest.mark.parametrize(
    ("complainers", "messages", "due"),
    [(20, 1000, True), (19, 1000, False), (20, 999, False), (30, 10_000, False), (31, 10_000, True)],
)
def test_an_app_is_held_for_many_complainers_among_few_messages(
    complainers: int, messages: int, due: bool
) -> None:
    assert is_hold_due(complainers, messages) is due


def test_a_hold_ends_with_the_first_decision_of_either_kind(court: Court) -> None:
    for verdict in CaseVerdict:
        court.app = hold(ModeratedApp(appid=APPID), NOW).after
        assert court.app.hold_until == NOW + HOLD_MS
        change = court.decide(complaint(), verdict=verdict)
        assert (change.after.hold_until, change.after.reviews) == (0, 1)
        assert RecordedAct.HOLD_ENDED in [line.act for line in change.lines]


def test_complainers_are_those_of_the_last_24_hours() -> None:
    hour = NOW // HOUR_MS
    counted = Complainers({hour: 2, hour + 2: 1})
    assert counted.recent(NOW + 2 * HOUR_MS) == 3
    assert counted.recent(NOW + WINDOW_MS + HOUR_MS) == 1
