"""What is remembered of a user's no."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.adapters.dynamodb.users.items import read_template_refusals
from minipush.domain.template_refusals import (
    MAX_REFUSALS,
    MAX_REPORTS,
    REPEATED_WITHIN_MS,
    Decision,
    SubscriptionAnswer,
    TemplateRefusal,
    changed_by,
    refusal_of,
)
from minipush.domain.timestamps import HOUR_MS

NOW = 1_800_000_000_000
BEFORE = NOW - HOUR_MS


def said(
    answer: Decision, *known: TemplateRefusal, report: str | None = None
) -> Mapping[str, TemplateRefusal | None]:
    return changed_by([SubscriptionAnswer("T1", answer, report)], known, NOW)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("reject", Decision.REJECT),
        ("ban", Decision.BAN),
        ("filter", None),
        ("accept", None),
        ("", None),
        ("REJECT", None),
    ],
)
def test_what_is_a_no(result: str, answer: Decision | None) -> None:
    told = refusal_of("tap-1", "T1", result)
    assert (told.decision if told else None) is answer


@pytest.mark.parametrize("template_id", ["", "T 1", "T1\n", "题", "T" * 65, "a#b"])
def test_what_is_no_template_is_not_remembered(template_id: str) -> None:
    assert refusal_of("tap-1", template_id, "reject") is None


def test_a_report_goes_by_its_id() -> None:
    one, again, other = (refusal_of(id_, "T1", "reject") for id_ in ("tap-1", "tap-1", "tap-2"))
    assert one == again != other


@pytest.mark.parametrize("id_", ["", "a b", "\ud800", "题"])
def test_a_no_under_what_is_no_id_is_a_no_all_the_same(id_: str) -> None:
    assert refusal_of(id_, "T1", "reject") == SubscriptionAnswer("T1", Decision.REJECT)


def test_a_first_no_is_remembered() -> None:
    assert said(Decision.REJECT) == {"T1": TemplateRefusal("T1", NOW)}


def test_a_second_no_in_a_row_is_counted_and_later_than_the_first() -> None:
    assert said(Decision.REJECT, TemplateRefusal("T1", BEFORE)) == {"T1": TemplateRefusal("T1", NOW, times=2)}


def test_one_no_that_is_told_twice_is_counted_once() -> None:
    at = NOW - REPEATED_WITHIN_MS + 1
    assert said(Decision.REJECT, TemplateRefusal("T1", at, times=3)) == {
        "T1": TemplateRefusal("T1", NOW, times=3)
    }


def test_a_yes_ends_the_row() -> None:
    assert said(Decision.ACCEPT, TemplateRefusal("T1", BEFORE, times=2)) == {"T1": None}


def test_a_yes_to_what_was_never_refused_changes_nothing() -> None:
    assert said(Decision.ACCEPT, TemplateRefusal("T2", BEFORE)) == {}


def test_a_ban_is_no_no_of_the_users() -> None:
    assert said(Decision.BAN) == {"T1": TemplateRefusal("T1", NOW, times=0, is_ban=True)}
    banned = TemplateRefusal("T1", NOW - 1, times=1, is_ban=True)
    assert said(Decision.BAN, banned) == {"T1": TemplateRefusal("T1", NOW, times=1, is_ban=True)}
    assert said(Decision.REJECT, banned) == {"T1": TemplateRefusal("T1", NOW, times=2)}


def test_a_report_that_comes_again_is_nothing_new_however_late() -> None:
    known = TemplateRefusal("T1", NOW - 100 * HOUR_MS, times=2, reports=("a", "b"))
    assert said(Decision.REJECT, known, report="b") == {}
    assert said(Decision.BAN, known, report="a") == {}
    assert said(Decision.REJECT, known, report="c") == {
        "T1": TemplateRefusal("T1", NOW, times=3, reports=("a", "b", "c"))
    }


def test_a_report_that_comes_again_after_a_yes_is_nothing_new() -> None:
    ended = replace(
        TemplateRefusal("T1", BEFORE, times=2, is_ban=True, reports=("a",)), times=0, is_ban=False
    )
    assert said(Decision.ACCEPT, TemplateRefusal("T1", BEFORE, times=2, is_ban=True, reports=("a",))) == {
        "T1": ended
    }
    assert said(Decision.REJECT, ended, report="a") == {}
    assert said(Decision.ACCEPT, ended) == {}


def test_a_no_soon_after_a_yes_is_the_first_of_a_new_row() -> None:
    ended = TemplateRefusal("T1", NOW - 1, times=0, reports=("a",))
    assert said(Decision.REJECT, ended, report="b") == {"T1": TemplateRefusal("T1", NOW, reports=("a", "b"))}


def test_what_a_yes_has_ended_keeps_nobody_from_asking() -> None:
    assert TemplateRefusal("T1", NOW, times=0, reports=("a",)).is_over(NOW, 72 * HOUR_MS)
    assert not TemplateRefusal("T1", NOW, times=0, is_ban=True).is_over(NOW, 72 * HOUR_MS)


def test_of_each_template_the_last_reports_are_known() -> None:
    reports = tuple(str(n) for n in range(MAX_REPORTS))
    known = TemplateRefusal("T1", BEFORE, reports=reports)
    after = said(Decision.REJECT, known, report="new")["T1"]
    assert after is not None
    assert after.reports == (*reports[1:], "new")


def test_what_is_told_together_counts_in_its_order() -> None:
    no, yes = SubscriptionAnswer("T1", Decision.REJECT, "a"), SubscriptionAnswer("T1", Decision.ACCEPT)
    assert changed_by([no, yes], [], NOW) == {"T1": TemplateRefusal("T1", NOW, times=0, reports=("a",))}
    assert changed_by([yes, no], [], NOW) == {"T1": TemplateRefusal("T1", NOW, reports=("a",))}


FULL = tuple(TemplateRefusal(f"T{n}", NOW - 1 - n) for n in range(1, MAX_REFUSALS + 1))


def test_no_more_is_remembered_than_a_plan_may_name_and_the_oldest_is_forgotten() -> None:
    changes = changed_by([SubscriptionAnswer("T0", Decision.REJECT)], FULL, NOW)
    assert changes == {"T0": TemplateRefusal("T0", NOW), f"T{MAX_REFUSALS}": None}


def test_what_was_ended_is_forgotten_before_what_still_counts() -> None:
    ended = replace(FULL[0], times=0, reports=("a",))
    changes = changed_by([SubscriptionAnswer("T0", Decision.REJECT)], (ended, *FULL[1:]), NOW)
    assert changes == {"T0": TemplateRefusal("T0", NOW), "T1": None}


ANSWERS = st.lists(
    st.builds(
        SubscriptionAnswer,
        st.integers(0, 120).map("T{}".format),
        st.sampled_from(Decision),
        st.sampled_from("abc"),
    ),
    max_size=MAX_REFUSALS,
)


@given(ANSWERS, st.integers(0, MAX_REFUSALS))
def test_however_much_is_told_at_once_it_stays_within_the_bounds(
    answers: list[SubscriptionAnswer], there: int
) -> None:
    changes = changed_by(answers, FULL[:there], NOW)
    after = {**{known.template_id: known for known in FULL[:there]}, **changes}
    kept = {id_: refusal for id_, refusal in after.items() if refusal}
    last = {said.template_id: said for said in _without_repeats(answers)}
    assert len(kept) <= MAX_REFUSALS
    assert {said.template_id for said in last.values() if said.decision is not Decision.ACCEPT} <= set(kept)
    assert max((len(refusal.reports) for refusal in kept.values()), default=0) <= MAX_REPORTS


def _without_repeats(answers: list[SubscriptionAnswer]) -> list[SubscriptionAnswer]:
    """A refusal under the report of an earlier one is nothing new, even where an accept came between."""
    seen: set[tuple[str, str | None]] = set()
    new = []
    for answer in answers:
        report = (answer.template_id, answer.report)
        if answer.decision is Decision.ACCEPT or report not in seen:
            new.append(answer)
        if answer.decision is not Decision.ACCEPT:
            seen.add(report)
    return new


def test_what_was_kept_before_reports_were_is_still_read() -> None:
    kept = {"at": {"N": str(NOW)}, "times": {"N": "2"}, "is_ban": {"BOOL": False}}
    assert read_template_refusals({"refused#T1": {"M": kept}}) == (TemplateRefusal("T1", NOW, times=2),)
