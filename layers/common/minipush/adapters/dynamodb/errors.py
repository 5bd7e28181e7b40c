"""What the SDK raises, as what the use cases know."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def is_written(client: "DynamoDBClient", write: Callable[[], object]) -> bool:
    """Whether the condition of a conditional write held."""
    try:
        write()
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def raises_store_error[**P, R](method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise StoreError(type(error).__name__) from error

    return called
