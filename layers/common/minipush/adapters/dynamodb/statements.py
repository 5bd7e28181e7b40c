"""Batches of conditional writes: PartiQL statements that succeed or fail one by one.

BatchExecuteStatement takes 25 statements. It costs as much as single writes, without a transaction's surcharge.
Each statement has its own result: a failure doesn't affect the others.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.aws.errors import TRANSIENT_CODES
from minipush.adapters.aws.retrying import spaced_tries
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

BATCH = 25
TRIES = 5


@dataclass(frozen=True, slots=True)
class Statement:
    text: str
    parameters: tuple[dict[str, Any], ...]

    def request(self) -> "BatchStatementRequestTypeDef":
        return {
            "Statement": self.text,
            "Parameters": list(self.parameters),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def insert(table: str, item: dict[str, dict[str, Any]]) -> Statement:
    """Insert the item. The result isn't `done` if its key is taken."""
    fields = ", ".join(f"'{name}': ?" for name in item)
    return Statement(f'INSERT INTO "{table}" VALUE {{{fields}}}', tuple(item.values()))


@dataclass(frozen=True, slots=True)
class StatementResult:
    """`item`: what RETURNING gave, or the item that failed the condition, if DynamoDB returned it.

    With an `error` the outcome is unknown: the write may have been made.
    """

    done: bool
    item: dict[str, Any] | None = None
    error: StoreError | None = None


class Statements:
    def __init__(
        self, client: "DynamoDBClient", sleep: Callable[[float], None] = time.sleep, tries: int = TRIES
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._tries = tries

    def execute(self, statements: Sequence[Statement]) -> list[StatementResult]:
        """A result for each statement, in order. Never raises for an error of the store."""
        batches = batched(statements, BATCH, strict=False)
        return [result for batch in batches for result in self._batch(batch)]

    def _batch(self, statements: Sequence[Statement]) -> list[StatementResult]:
        results: dict[int, StatementResult] = {}
        for _ in spaced_tries(self._sleep, self._tries):
            waiting = [index for index in range(len(statements)) if index not in results]
            found = self._call([statements[index] for index in waiting])
            results |= {index: result for index, result in zip(waiting, found, strict=True) if result}
            if len(results) == len(statements):
                break
        throttled = StatementResult(done=False, error=StoreError("the table is throttled"))
        return [results.get(index, throttled) for index in range(len(statements))]

    def _call(self, statements: list[Statement]) -> list[StatementResult | None]:
        """None for each statement to be tried again."""
        try:
            answer: Any = self._client.batch_execute_statement(Statements=[s.request() for s in statements])
        except (BotoCoreError, ClientError) as error:
            failed = StatementResult(done=False, error=StoreError(type(error).__name__))
            return [failed] * len(statements)
        return [_result(response) for response in answer["Responses"]]


def _result(response: dict[str, Any]) -> StatementResult | None:
    error = response.get("Error")
    if not error:
        return StatementResult(done=True, item=response.get("Item"))
    if error["Code"] in ("ConditionalCheckFailed", "DuplicateItem"):
        return StatementResult(done=False, item=error.get("Item"))
    if error["Code"] in TRANSIENT_CODES:
        return None
    return StatementResult(done=False, error=StoreError(f"{error['Code']}: {error.get('Message', '')}"))
