"""The errors of AWS, as the application knows them."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


# Error codes of DynamoDB's statements and of cancelled transactions after which the same write may succeed.
TRANSIENT_CODES = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)

CONDITION_FAILED: Final = "ConditionalCheckFailed"
# A cancelled transaction gives this code for a write that had no part in the failure.
NO_REASON: Final = "None"


def is_unmet(reasons: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a transaction was cancelled because the condition of a write didn't hold. `reasons`: one for each write."""
    return any(reason.get("Code") == CONDITION_FAILED for reason in reasons)


def is_transient(reasons: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return {reason.get("Code") for reason in reasons} <= {NO_REASON, *TRANSIENT_CODES}


def is_written(client: "DynamoDBClient", write: Callable[[], object]) -> bool:
    """Run a conditional write to DynamoDB. False if its condition did not hold."""
    try:
        write()
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def raises_store_error[**P, R](method: Callable[P, R]) -> Callable[P, R]:
    """Turn the SDK's errors into StoreError."""

    @wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise StoreError(type(error).__name__) from error

    return called
