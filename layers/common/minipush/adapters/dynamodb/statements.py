"""Conditional writes by the batch: PartiQL statements that succeed or fail one by one.

BatchExecuteStatement takes 25 statements and costs what single writes cost, without a transaction's
surcharge. Each has its own answer: one that fails takes no other with it.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

BATCH = 25
TRIES = 5

_PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)


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
    """Fails, with a verdict that says so, where the key is taken."""
    fields = ", ".join(f"'{name}': ?" for name in item)
    return Statement(f'INSERT INTO "{table}" VALUE {{{fields}}}', tuple(item.values()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """`item`: what a RETURNING gave, or what made the condition fail where the answer says so.

    With an `error` nothing is certain: the write may have been made.
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

    def execute(self, statements: Sequence[Statement]) -> list[Verdict]:
        """A verdict for each, in order. Never raises for what the store does."""
        return [
            verdict for batch in batched(statements, BATCH, strict=False) for verdict in self._batch(batch)
        ]

    def _batch(self, statements: Sequence[Statement]) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        for tries in range(self._tries):
            waiting = [index for index in range(len(statements)) if index not in verdicts]
            found = self._call([statements[index] for index in waiting])
            verdicts |= {index: verdict for index, verdict in zip(waiting, found, strict=True) if verdict}
            if len(verdicts) == len(statements):
                break
            self._sleep(0.05 * 2**tries * random.uniform(0.5, 1.5))  # noqa: S311
        throttled = Verdict(done=False, error=StoreError("the table is throttled"))
        return [verdicts.get(index, throttled) for index in range(len(statements))]

    def _call(self, statements: list[Statement]) -> list[Verdict | None]:
        """None for each that is to be tried again."""
        try:
            answer: Any = self._client.batch_execute_statement(Statements=[s.request() for s in statements])
        except (BotoCoreError, ClientError) as error:
            return [Verdict(done=False, error=StoreError(type(error).__name__))] * len(statements)
        return [_verdict(each) for each in answer["Responses"]]


def _verdict(answer: dict[str, Any]) -> Verdict | None:
    error = answer.get("Error")
    if not error:
        return Verdict(done=True, item=answer.get("Item"))
    if error["Code"] in ("ConditionalCheckFailed", "DuplicateItem"):
        return Verdict(done=False, item=error.get("Item"))
    if error["Code"] in _PASSING:
        return None
    return Verdict(done=False, error=StoreError(f"{error['Code']}: {error.get('Message', '')}"))
