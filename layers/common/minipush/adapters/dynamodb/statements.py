"""Batches of conditional writes: PartiQL statements that succeed or fail one by one.

BatchExecuteStatement takes 25 statements. It costs as much as single writes, without a transaction's surcharge.
Each statement has its own result: a failure doesn't affect the others.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.aws.errors import TRANSIENT_CODES
from minipush.adapters.aws.retrying import spaced_tries
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

BATCH = 25
TRIES = 5


class Statement(NamedTuple):
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


_DONE = StatementResult(done=True)
_THROTTLED = StatementResult(done=False, error=StoreError("the table is throttled"))


class Batch:
    """Up to 25 statements, and the results that they have so far."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._results: list[StatementResult | None] = [None] * len(statements)
        self._waiting: Sequence[int] = range(len(statements))

    @property
    def waiting(self) -> list[Statement]:
        """Those to be tried, or tried again."""
        return [self._statements[index] for index in self._waiting]

    def add(self, responses: Iterable[Mapping[str, Any]]) -> bool:
        """What DynamoDB answered to those that waited. Return whether none waits any more."""
        for index, response in zip(self._waiting, responses, strict=True):
            self._results[index] = _result(response)
        self._waiting = [index for index in self._waiting if self._results[index] is None]
        return not self._waiting

    def fail(self, error: StoreError) -> None:
        """The call for those that waited failed."""
        for index in self._waiting:
            self._results[index] = StatementResult(done=False, error=error)

    def results(self) -> list[StatementResult]:
        return [result or _THROTTLED for result in self._results]


class Statements:
    """Executes statements by botocore's client."""

    def __init__(
        self, client: "DynamoDBClient", sleep: Callable[[float], None] = time.sleep, tries: int = TRIES
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._tries = tries

    def execute(self, statements: Sequence[Statement]) -> list[StatementResult]:
        """A result for each statement, in order. Never raises for an error of the store."""
        batches = batched(statements, BATCH, strict=False)
        return [result for batch in batches for result in self._batch(Batch(batch))]

    def _batch(self, batch: Batch) -> list[StatementResult]:
        for _ in spaced_tries(self._sleep, self._tries):
            try:
                answer: Any = self._client.batch_execute_statement(
                    Statements=[statement.request() for statement in batch.waiting]
                )
            except (BotoCoreError, ClientError) as error:
                batch.fail(StoreError(type(error).__name__))
                break
            if batch.add(answer["Responses"]):
                break
        return batch.results()


def _result(response: Mapping[str, Any]) -> StatementResult | None:
    error = response.get("Error")
    if not error:
        return StatementResult(done=True, item=response["Item"]) if "Item" in response else _DONE
    if error["Code"] in ("ConditionalCheckFailed", "DuplicateItem"):
        return StatementResult(done=False, item=error.get("Item"))
    if error["Code"] in TRANSIENT_CODES:
        return None
    return StatementResult(done=False, error=StoreError(f"{error['Code']}: {error.get('Message', '')}"))
