"""Secrets of AWS Secrets Manager, cached."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import (
    GetParameterError,
    TransformParameterError,
)

from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Secrets:
    """`max_age`: after how many seconds, at most, a changed secret takes effect."""

    def __init__(self, client: "SecretsManagerClient", max_age: int) -> None:
        self._provider = SecretsProvider(boto3_client=client)
        self._max_age = max_age

    def read(self, arn: str) -> Mapping[str, Any]:
        """A secret that holds a JSON object. Raises StoreError."""
        try:
            secret: Any = self._provider.get(arn, max_age=self._max_age, transform="json")
        except GetParameterError as error:
            raise StoreError("a secret can't be read") from error
        except TransformParameterError:
            # The cause holds the text that it could not parse: the secret.
            raise StoreError("a secret isn't JSON") from None
        if not isinstance(secret, dict):
            raise StoreError("a secret isn't a JSON object")
        return secret
