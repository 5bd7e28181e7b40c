"""Changes to a secret that lose nothing of what others change at the same time.

Secrets Manager has no conditional PutSecretValue. It moves a staging label only from the version that the caller
names (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html), so a new
value is stored under a label of its own first, and becomes current only while the version it was made from still is.
"""

import json
import random
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from minipush_cli.errors import CommandError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PROPOSED = "MINIPUSH_PROPOSED"
# With n writers at once, one of them succeeds in each round.
TRIES = 40
PAUSE_SECONDS = 0.2

Value = dict[str, Any]


class SecretContendedError(CommandError):
    """Others changed the secret at every try. Nothing was changed."""


def read_secret(client: "SecretsManagerClient", arn: str) -> Value:
    value: Value = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    return value


def change_secret(client: "SecretsManagerClient", arn: str, change: Callable[[Value], Value]) -> None:
    """`change` returns the new value. It is called again, with the newer value, when others were faster.

    Raises SecretContendedError, and whatever `change` raises.
    """
    for _ in range(TRIES):
        current = client.get_secret_value(SecretId=arn)
        value = json.loads(current["SecretString"])
        changed = change(value)
        if changed == value or _replace(client, arn, current["VersionId"], changed):
            return
        time.sleep(random.uniform(0, PAUSE_SECONDS))  # noqa: S311  # no cryptography
    raise SecretContendedError(f"others changed the secret at each of {TRIES} tries; nothing was changed")


def _replace(client: "SecretsManagerClient", arn: str, version: str, value: Value) -> bool:
    """False: `version` is no longer current."""
    proposed = str(uuid.uuid4())
    client.put_secret_value(
        SecretId=arn,
        SecretString=json.dumps(value),
        ClientRequestToken=proposed,
        VersionStages=[PROPOSED],
    )
    try:
        client.update_secret_version_stage(
            SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=proposed, RemoveFromVersionId=version
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        # The SDK repeats a call whose answer was lost. The repeat fails, because the first call took effect.
        return client.get_secret_value(SecretId=arn)["VersionId"] == proposed
    return True
