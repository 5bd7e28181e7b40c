"""What is remembered of a user's no."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipush.domain.rejections import (
    HOUR_MS,
    REMEMBERED,
    TOLD_AGAIN_MS,
    Answer,
    Rejection,
    changed_by,
    refusal_of,
)

NOW = 1_800_000_000_000
BEFORE = NOW - HOUR_MS


def said(answer: Answer, *known: Rejection) -> Mapping[str, Rejection | None]:
    return changed_by({"T1": answer}, known, NOW)


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("reject", Answer.REJECT),
        ("ban", Answer.BAN),
        ("filter", None),
        ("accept", None),
        ("", None),
        ("REJECT", None),
    ],
)
def test_what_is_a_no(result: str, answer: Answer | None) -> None:
    assert refusal_of("T1", result) is answer


@pytest.mark.parametrize("template_id", ["", "T 1", "T1\n", "题", "T" * 65, "a#b"])
def test_what_is_no_template_is_not_remembered(template_id: str) -> None:
    assert refusal_of(template_id, "reject") is None


def test_a_first_no_is_remembered() -> None:
    assert said(Answer.REJECT) == {"T1": Rejection("T1", NOW)}


def test_a_second_no_in_a_row_is_counted_and_later_than_the_first() -> None:
    assert said(Answer.REJECT, Rejection("T1", BEFORE)) == {"T1": Rejection("T1", NOW, times=2)}


def test_one_no_that_is_told_twice_is_counted_once() -> None:
    at = NOW - TOLD_AGAIN_MS + 1
    assert said(Answer.REJECT, Rejection("T1", at, times=3)) == {"T1": Rejection("T1", NOW, times=3)}


def test_a_yes_ends_the_row() -> None:
    assert said(Answer.ACCEPT, Rejection("T1", BEFORE, times=2)) == {"T1": None}


def test_a_yes_to_what_was_never_refused_changes_nothing() -> None:
    assert said(Answer.ACCEPT, Rejection("T2", BEFORE)) == {}


def test_a_ban_is_no_no_of_the_users() -> None:
    assert said(Answer.BAN) == {"T1": Rejection("T1", NOW, times=0, is_ban=True)}
    banned = Rejection("T1", NOW - 1, times=1, is_ban=True)
    assert said(Answer.BAN, banned) == {"T1": Rejection("T1", NOW, times=1, is_ban=True)}
    assert said(Answer.REJECT, banned) == {"T1": Rejection("T1", NOW, times=2)}


@given(
    st.dictionaries(st.integers(0, 150).map("T{}".format), st.sampled_from(Answer), max_size=100),
    st.dictionaries(st.integers(0, 150).map("T{}".format), st.integers(0, NOW), max_size=REMEMBERED),
)
def test_no_more_is_remembered_than_a_plan_may_name_and_never_the_newest_forgotten(
    answers: dict[str, Answer], before: dict[str, int]
) -> None:
    known = {id_: Rejection(id_, at) for id_, at in before.items()}
    after = {**known, **changed_by(answers, known.values(), NOW)}
    kept = {id_ for id_, rejection in after.items() if rejection}
    assert len(kept) <= REMEMBERED
    assert {id_ for id_, answer in answers.items() if answer is not Answer.ACCEPT} <= kept
