"""What the SDK raises, as what the use cases know."""

from collections.abc import Callable
from functools import wraps

from botocore.exceptions import BotoCoreError, ClientError

from minipush.usecases.ports import StoreError


def raises_store_error[**P, R](method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise StoreError(type(error).__name__) from error

    return called
