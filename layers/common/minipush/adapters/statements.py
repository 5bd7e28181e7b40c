"""Conditional writes by the batch: PartiQL statements that succeed or fail one by one.

BatchExecuteStatement takes 25 statements and costs what single writes cost, without a transaction's
surcharge. A statement whose condition failed says so, with the item as it is.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.usecases.ports import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import BatchStatementRequestTypeDef

BATCH = 25
TRIES = 6

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


@dataclass(frozen=True, slots=True)
class Verdict:
    """`there`: the item that made the condition fail, where there was one."""

    done: bool
    there: dict[str, Any] | None = None


class Statements:
    def __init__(
        self, client: "DynamoDBClient", sleep: Callable[[float], None] = time.sleep, tries: int = TRIES
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._tries = tries

    def execute(self, statements: Sequence[Statement]) -> list[Verdict]:
        """A verdict for each, in order. Raises StoreError when some could not be carried out."""
        return [
            verdict for batch in batched(statements, BATCH, strict=False) for verdict in self._batch(batch)
        ]

    def _batch(self, statements: Sequence[Statement]) -> list[Verdict]:
        verdicts: dict[int, Verdict] = {}
        for tries in range(self._tries):
            waiting = [index for index in range(len(statements)) if index not in verdicts]
            answers = self._call([statements[index] for index in waiting])
            for index, answer in zip(waiting, answers, strict=True):
                verdict = _verdict(answer)
                if verdict:
                    verdicts[index] = verdict
            if len(verdicts) == len(statements):
                return [verdicts[index] for index in range(len(statements))]
            self._sleep(0.05 * 2**tries * random.uniform(0.5, 1.5))  # noqa: S311
        raise StoreError("the table is throttled")

    def _call(self, statements: list[Statement]) -> list[dict[str, Any]]:
        try:
            answer = self._client.batch_execute_statement(Statements=[s.request() for s in statements])
        except (BotoCoreError, ClientError) as error:
            raise StoreError(type(error).__name__) from error
        return list(answer["Responses"])  # type: ignore[arg-type]


def _verdict(answer: dict[str, Any]) -> Verdict | None:
    """None: to be tried again."""
    error = answer.get("Error")
    if not error:
        return Verdict(done=True)
    if error["Code"] in ("ConditionalCheckFailed", "DuplicateItem"):
        return Verdict(done=False, there=error.get("Item") or answer.get("Item"))
    if error["Code"] in _PASSING:
        return None
    raise StoreError(f"{error['Code']}: {error.get('Message', '')}")
