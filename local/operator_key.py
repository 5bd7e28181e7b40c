"""`make operator-key`: creates an operator key and stores only its hash in the deployment's AccessSecret."""

import os
import re
import secrets
import sys
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from local.deployed_stack import DeployedStack, DeployedStackError
from local.secret_changes import SecretContendedError, Value, change_secret, read_secret
from minipush.http.edge.access import OPERATOR_SCOPES, hash_key

USAGE = "make operator-key NAME=shop-backend SCOPES=send,read, or NAME=… REVOKE=1, or LIST=1"
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
PREFIX = "mp_"
RANDOM_BYTES = 32


class OperatorKeyError(Exception):
    """The command changed nothing. The message contains the reason."""


class OperatorKeys:
    """The operator keys of one deployment. Raises SecretContendedError."""

    def __init__(self, stack: DeployedStack) -> None:
        self._client = stack.client("secretsmanager")
        self._arn = stack.output("AccessSecretArn")

    def add(self, name: str, scopes: list[str]) -> str:
        """Return the key. It is stored nowhere and cannot be read again."""
        _check(name, scopes)
        key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        entry = {"name": name, "scopes": scopes, "hash": hash_key(key)}
        change_secret(self._client, self._arn, lambda secret: _with_entry(secret, entry))
        return key

    def revoke(self, name: str) -> None:
        def change(secret: Value) -> Value:
            left = [entry for entry in secret["operator_keys"] if entry["name"] != name]
            if len(left) == len(secret["operator_keys"]):
                raise OperatorKeyError(f"no key is named {name}")
            return secret | {"operator_keys": left}

        change_secret(self._client, self._arn, change)

    def list(self) -> list[tuple[str, str]]:
        """Names and scopes."""
        secret = read_secret(self._client, self._arn)
        return [(entry["name"], ",".join(entry["scopes"])) for entry in secret["operator_keys"]]


def _with_entry(secret: Value, entry: Value) -> Value:
    present = secret["operator_keys"]
    if any(one["name"] == entry["name"] for one in present):
        raise OperatorKeyError(
            f"a key named {entry['name']} already exists: revoke it first, or choose another name"
        )
    return secret | {"operator_keys": [*present, entry]}


def _check(name: str, scopes: list[str]) -> None:
    if not NAME.fullmatch(name):
        raise OperatorKeyError("NAME must be 1 to 64 letters, digits, dots, _ or -")
    if not scopes or not OPERATOR_SCOPES.issuperset(scopes):
        raise OperatorKeyError(
            f"SCOPES must be one or more of {', '.join(sorted(OPERATOR_SCOPES))}, separated by commas"
        )


def _run(environment: Mapping[str, str]) -> str:
    name = environment.get("NAME", "")
    if not name and not environment.get("LIST"):
        raise OperatorKeyError(USAGE)
    keys = OperatorKeys(DeployedStack.of(environment))
    if environment.get("LIST"):
        return "".join(f"{name}\t{scopes}\n" for name, scopes in keys.list())
    if environment.get("REVOKE"):
        keys.revoke(name)
        return ""
    return keys.add(name, [scope for scope in environment.get("SCOPES", "").split(",") if scope]) + "\n"


def main() -> int:
    try:
        sys.stdout.write(_run(os.environ))
    except (OperatorKeyError, DeployedStackError, SecretContendedError, BotoCoreError, ClientError) as error:
        print(f"operator-key: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
