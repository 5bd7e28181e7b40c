"""A campaign's counts with delivery failures."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minipush.domain.counts import CorrectionCounts, Counts
from minipush.domain.messages import Outcome, Reason, Status

FAILED = st.builds(Outcome, st.just("u"), st.just(Status.FAILED), st.sampled_from(Reason))
SKIPPED = st.builds(Outcome, st.just("u"), st.just(Status.SKIPPED), st.sampled_from(Reason))
TAKEN = st.builds(Outcome, st.just("u"), st.sampled_from([Status.SENT, Status.UNKNOWN]))
OUTCOMES = st.lists(FAILED | SKIPPED | TAKEN, max_size=30)
LATE = st.lists(
    st.tuples(st.sampled_from([Status.SENT, Status.UNKNOWN]), st.sampled_from(Reason)), max_size=30
)


def counts(outcomes: list[Outcome]) -> Counts:
    found = Counts()
    found.add(outcomes)
    return found


def delivery_failures(late: list[tuple[Status, Reason]]) -> CorrectionCounts:
    before = [status for status, _ in late]
    reasons = Counter(reason.value for _, reason in late)
    return CorrectionCounts(before.count(Status.SENT), before.count(Status.UNKNOWN), reasons)


def test_what_was_sent_or_unknown_has_failed_for_its_reason() -> None:
    written = Counts(10, 2, 3, 4, {"refused": 2, "opted_out": 3})
    late = CorrectionCounts(2, 1, {"refused": 1, "wechat_unavailable": 2})
    by_reason = {"refused": 3, "opted_out": 3, "wechat_unavailable": 2}
    assert written.corrected(late) == Counts(8, 5, 3, 3, by_reason)
    assert written.by_reason == {"refused": 2, "opted_out": 3}


def test_without_delivery_failures_nothing_changes() -> None:
    written = Counts(1, 2, 3, 4, {"refused": 5})
    assert written.corrected(CorrectionCounts()) == written


def test_what_is_not_written_down_yet_is_not_taken_from_nowhere() -> None:
    late = CorrectionCounts(1, 1, {"quota": 2})
    assert Counts().corrected(late) == Counts()
    assert Counts(sent=1).corrected(late) == Counts(failed=1, by_reason={"quota": 1})


def test_a_message_thought_sent_whose_answer_was_lost_has_failed_all_the_same() -> None:
    assert Counts(unknown=1).corrected(CorrectionCounts(1, 0, {"quota": 1})) == Counts(
        failed=1, by_reason={"quota": 1}
    )


@given(outcomes=OUTCOMES, late=LATE)
def test_the_total_stays_and_nothing_is_less_than_none(
    outcomes: list[Outcome], late: list[tuple[Status, Reason]]
) -> None:
    written = counts(outcomes)
    corrected = written.corrected(delivery_failures(late))
    assert corrected.total == written.total
    assert corrected.skipped == written.skipped
    assert min(corrected.sent, corrected.failed, corrected.unknown) >= 0
    moved = corrected.failed - written.failed
    assert moved == min(len(late), written.sent + written.unknown)
    assert sum(corrected.by_reason.values()) == sum(written.by_reason.values()) + moved
    assert all(corrected.by_reason[reason] >= count for reason, count in written.by_reason.items())


@given(outcomes=OUTCOMES, reasons=st.lists(st.sampled_from(Reason), max_size=30))
def test_they_are_what_they_would_be_had_it_been_known_at_once(
    outcomes: list[Outcome], reasons: list[Reason]
) -> None:
    """If each delivery failure is about a message in the report."""
    taken = [n for n, outcome in enumerate(outcomes) if outcome.status in (Status.SENT, Status.UNKNOWN)]
    corrected = list(outcomes)
    late = []
    for n, reason in zip(taken, reasons, strict=False):
        late.append((outcomes[n].status, reason))
        corrected[n] = Outcome("u", Status.FAILED, reason)
    assert counts(outcomes).corrected(delivery_failures(late)) == counts(corrected)
