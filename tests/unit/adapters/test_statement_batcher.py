"""Statements of many tasks go together. What becomes of each is as with botocore's client: see test_statements.py."""

import asyncio
import json
from typing import Any

import pytest

from minipush.adapters.dynamodb.statement_batcher import CALLS, StatementBatcher
from minipush.adapters.dynamodb.statements import BATCH, Statement, StatementResult
from minipush.errors import StoreError


class Calls:
    """Answers each statement with the next of the codes prepared for its number, then grants it."""

    def __init__(self, **codes: list[str]) -> None:
        self.codes = codes
        self.batches: list[list[dict[str, Any]]] = []
        self.most = 0
        self._open = 0
        self.error: Exception | None = None

    async def __call__(self, operation: str, body: bytes) -> dict[str, Any]:
        assert operation == "BatchExecuteStatement"
        self._open += 1
        self.most = max(self.most, self._open)
        await asyncio.sleep(0)
        self._open -= 1
        if self.error:
            raise self.error
        statements = json.loads(body)["Statements"]
        self.batches.append(statements)
        return {"Responses": [self._answer(each["Parameters"][0]["N"]) for each in statements]}

    def _answer(self, number: str) -> dict[str, Any]:
        codes = self.codes.get(f"s{number}", [])
        return {"Error": {"Code": codes.pop(0), "Item": {"claim": {"S": "x"}}}} if codes else {}


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


def statement(number: int) -> Statement:
    text = ('UPDATE "t" SET a = ?', 'DELETE FROM "t" WHERE a = ?')[number % 2]
    return Statement(text, ({"N": str(number)},))


def execute(calls: Any, count: int) -> list[StatementResult]:
    batcher = StatementBatcher(calls, tries=4, sleep=no_pause)

    async def all_at_once() -> list[StatementResult]:
        return await asyncio.gather(*(batcher.execute(statement(n)) for n in range(count)))

    return asyncio.run(all_at_once())


def test_a_statement_goes_as_botocore_sends_it() -> None:
    calls = Calls()
    execute(calls, 1)
    assert calls.batches == [[dict(statement(0).request())]]


def test_statements_of_one_turn_go_twenty_five_at_a_time_and_each_gets_its_own_answer() -> None:
    calls = Calls(s30=["ConditionalCheckFailed"], s59=["DuplicateItem"])
    results = execute(calls, 60)
    assert [len(batch) for batch in calls.batches] == [25, 25, 10]
    assert [n for n, result in enumerate(results) if not result.done] == [30, 59]
    assert results[30].item == {"claim": {"S": "x"}}


def test_no_more_than_eight_calls_are_under_way() -> None:
    calls = Calls()
    assert all(result.done for result in execute(calls, 3 * CALLS * BATCH))
    assert calls.most == CALLS


def test_only_the_throttled_ones_go_again() -> None:
    calls = Calls(s3=["ThrottlingError", "ProvisionedThroughputExceeded"], s5=["ConditionalCheckFailed"])
    results = execute(calls, 10)
    assert [result.done for result in results] == [n != 5 for n in range(10)]
    assert [[each["Parameters"][0]["N"] for each in batch] for batch in calls.batches[1:]] == [["3"], ["3"]]


def test_one_that_stays_throttled_takes_no_other_with_it() -> None:
    results = execute(Calls(s2=["ThrottlingError"] * 99), 4)
    assert [result.done for result in results] == [True, True, False, True]
    assert [str(result.error) for result in results if result.error] == ["the table is throttled"]


def test_any_other_error_is_of_that_one_alone() -> None:
    results = execute(Calls(s0=["ValidationError"]), 2)
    assert "ValidationError" in str(results[0].error)
    assert results[1].done


@pytest.mark.parametrize("error", [StoreError("down"), ValueError("a bug")])
def test_a_call_that_fails_is_a_store_error_for_each(error: Exception) -> None:
    calls = Calls()
    calls.error = error
    results = execute(calls, 3)
    assert [isinstance(result.error, StoreError) for result in results] == [True] * 3


def test_statements_go_on_in_another_event_loop_after_one_ended_in_the_middle() -> None:
    batcher = StatementBatcher(Calls())  # type: ignore[arg-type]  # called, and no more

    async def ends_at_once() -> None:
        left = batcher.execute(statement(1))
        await asyncio.sleep(0)
        assert not left.done()

    async def goes_on() -> StatementResult:
        return await asyncio.wait_for(batcher.execute(statement(2)), 5)

    asyncio.run(ends_at_once())
    assert asyncio.run(goes_on()).done


def test_who_does_not_wait_any_more_costs_the_others_nothing() -> None:
    batcher = StatementBatcher(Calls())  # type: ignore[arg-type]  # called, and no more

    async def cancel_one() -> StatementResult:
        first, second = batcher.execute(statement(1)), batcher.execute(statement(2))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(cancel_one()).done
