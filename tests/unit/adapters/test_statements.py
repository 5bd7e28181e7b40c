from typing import Any

from botocore.exceptions import ConnectionError as BotoConnectionError

from minipush.adapters.dynamodb.statements import Statement, StatementResult, Statements
from minipush.errors import StoreError

STATEMENTS = [Statement(f"UPDATE {n}", ({"S": str(n)},)) for n in range(60)]


class Table:
    """Answers each statement with the next of the codes prepared for it, then grants it."""

    def __init__(self, **codes: list[str]) -> None:
        self.codes = codes
        self.calls: list[list[str]] = []

    def batch_execute_statement(self, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        texts = [statement["Statement"] for statement in Statements]
        self.calls.append(texts)
        return {"Responses": [self.answer(text.split()[1]) for text in texts]}

    def answer(self, name: str) -> dict[str, Any]:
        codes = self.codes.get(f"s{name}", [])
        return {"Error": {"Code": codes.pop(0), "Item": {"claim": {"S": "x"}}}} if codes else {}


def execute(table: Any, statements: list[Statement]) -> tuple[list[StatementResult], list[float]]:
    pauses: list[float] = []
    return Statements(table, sleep=pauses.append, tries=4).execute(statements), pauses


def test_statements_go_twenty_five_at_a_time_and_answers_come_in_order() -> None:
    table = Table(s30=["ConditionalCheckFailed"], s59=["DuplicateItem"])
    verdicts, _ = execute(table, STATEMENTS)
    assert [len(call) for call in table.calls] == [25, 25, 10]
    assert [n for n, verdict in enumerate(verdicts) if not verdict.done] == [30, 59]
    assert verdicts[30].item == {"claim": {"S": "x"}}


def test_only_the_throttled_ones_go_again_after_growing_pauses() -> None:
    table = Table(s3=["ThrottlingError", "ProvisionedThroughputExceeded"], s5=["ConditionalCheckFailed"])
    verdicts, pauses = execute(table, STATEMENTS[:10])
    assert [verdict.done for verdict in verdicts] == [n != 5 for n in range(10)]
    assert table.calls[1:] == [["UPDATE 3"], ["UPDATE 3"]]
    assert len(pauses) == 2


def test_one_that_stays_throttled_takes_no_other_with_it() -> None:
    verdicts, _ = execute(Table(s2=["ThrottlingError"] * 99), STATEMENTS[:4])
    assert [verdict.done for verdict in verdicts] == [True, True, False, True]
    assert [str(verdict.error) for verdict in verdicts if verdict.error] == ["the table is throttled"]


def test_any_other_error_is_said_at_once_and_of_that_one_alone() -> None:
    table = Table(s0=["ValidationError"])
    verdicts, _ = execute(table, STATEMENTS[:2])
    assert "ValidationError" in str(verdicts[0].error)
    assert verdicts[1].done
    assert len(table.calls) == 1


def test_an_unreachable_store_is_a_store_error_for_each() -> None:
    class Unreachable:
        def batch_execute_statement(self, **_: Any) -> None:
            raise BotoConnectionError(error=OSError("down"))

    verdicts, _ = execute(Unreachable(), STATEMENTS[:3])
    assert [isinstance(verdict.error, StoreError) for verdict in verdicts] == [True] * 3
