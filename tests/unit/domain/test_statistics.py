from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.permit_kinds import FORM, LONG
from minipush.domain.statistics import Activity


def test_outcomes_are_counted_by_status_and_reason() -> None:
    outcomes = [
        Outcome("a", Status.SENT, permit_kind=FORM),
        Outcome("b", Status.FAILED, Reason.REFUSED, permit_kind=FORM),
        Outcome("c", Status.SKIPPED, Reason.NO_PERMIT),
        Outcome("d", Status.SKIPPED, Reason.NO_PERMIT),
        Outcome("e", Status.UNKNOWN, permit_kind=FORM),
    ]
    by_reason = {"refused": 1, "no_permit": 2}
    expected = Activity(spent=2, sent=1, failed=1, skipped=2, unknown=1, by_reason=by_reason)
    assert Activity.of_outcomes(outcomes) == expected


def test_a_long_term_permit_is_never_spent() -> None:
    assert Activity.of_outcomes([Outcome("a", Status.SENT, permit_kind=LONG)]) == Activity(sent=1)


def test_a_late_failure_moves_a_message() -> None:
    failed = Activity.of_late_failure(Status.SENT, Reason.REFUSED)
    assert failed == Activity(sent=-1, failed=1, by_reason={"refused": 1})


def test_an_arrival_moves_a_message_that_was_in_doubt() -> None:
    assert Activity.of_arrivals(2) == Activity(unknown=-2, sent=2)


def test_activities_add_up() -> None:
    one, other = Activity(sent=1, by_reason={"a": 1}), Activity(sent=2, expired=3, by_reason={"a": 1, "b": 1})
    assert one.plus(other) == Activity(sent=3, expired=3, by_reason={"a": 2, "b": 1})
    assert Activity().is_empty
    assert not one.is_empty
