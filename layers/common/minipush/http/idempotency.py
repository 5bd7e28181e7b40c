"""`Idempotency-Key`: the same key within 24 hours does the work once and answers the same."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer

from minipush.http.problems import ProblemError
from minipush.usecases.ports import StoreError

KEPT_SECONDS = 24 * 60 * 60


class AnswerOnce:
    """A first try that died holds its key until its function's time is over; then the work is done again.

    So the work itself must be one that goes on where it died.
    """

    def __init__(self, persistence: BasePersistenceLayer) -> None:
        self._persistence = persistence

    def __call__(
        self, key: list[str], body: dict[str, Any], work: Callable[[], dict[str, Any]], context: Any
    ) -> dict[str, Any]:
        """Raises ProblemError: 409 while the first try runs, 422 when the key came with another body."""

        def do(request: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # Powertools reads it by its name
            return work()

        once = idempotent_function(
            do,
            data_keyword_argument="request",
            persistence_store=self._persistence,
            config=_config(context),
            key_prefix="answer",
        )
        try:
            answer: dict[str, Any] = once(request={"key": key, "body": body})
        except IdempotencyValidationError:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY, "This Idempotency-Key came with another body before."
            ) from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "The first request with this Idempotency-Key is still running.",
                headers={"Retry-After": "1"},
            ) from None
        except IdempotencyPersistenceLayerError as error:
            raise StoreError("no answer could be kept") from error
        return answer


def _config(context: Any) -> IdempotencyConfig:
    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="body",
        expires_after_seconds=KEPT_SECONDS,
        hash_function="sha256",
        raise_on_no_idempotency_key=True,
    )
    config.register_lambda_context(context)
    return config
