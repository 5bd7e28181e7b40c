"""`make operator-key`: creates an operator key and stores only its hash in the deployment's AccessSecret."""

import json
import os
import re
import secrets
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from minipush.http.edge.access import OPERATOR_SCOPES, hash_key

USAGE = "make operator-key NAME=shop-backend SCOPES=send,read, or NAME=… REVOKE=1, or LIST=1"
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
PREFIX = "mp_"
RANDOM_BYTES = 32


class OperatorKeyError(Exception):
    """The command changed nothing. The message contains the reason."""


class OperatorKeys:
    """The operator keys of one deployment."""

    def __init__(self, session: boto3.Session, stack: str, endpoint: str | None = None) -> None:
        self._secrets = session.client("secretsmanager", endpoint_url=endpoint)
        stacks = session.client("cloudformation", endpoint_url=endpoint).describe_stacks(StackName=stack)
        outputs = {
            output["OutputKey"]: output["OutputValue"] for output in stacks["Stacks"][0].get("Outputs", [])
        }
        if "AccessSecretArn" not in outputs:
            raise OperatorKeyError(f"the stack {stack} has no output AccessSecretArn, so it is not minipush")
        self._arn = outputs["AccessSecretArn"]

    def add(self, name: str, scopes: list[str]) -> str:
        """Return the key. It is stored nowhere and cannot be read again."""
        _check(name, scopes)
        secret = self._read()
        if any(entry["name"] == name for entry in secret["operator_keys"]):
            raise OperatorKeyError(
                f"a key named {name} already exists: revoke it first, or choose another name"
            )
        key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        secret["operator_keys"].append({"name": name, "scopes": scopes, "hash": hash_key(key)})
        self._write(secret)
        return key

    def revoke(self, name: str) -> None:
        secret = self._read()
        left = [entry for entry in secret["operator_keys"] if entry["name"] != name]
        if len(left) == len(secret["operator_keys"]):
            raise OperatorKeyError(f"no key is named {name}")
        self._write(secret | {"operator_keys": left})

    def list(self) -> list[tuple[str, str]]:
        """Names and scopes."""
        return [(entry["name"], ",".join(entry["scopes"])) for entry in self._read()["operator_keys"]]

    def _read(self) -> dict[str, Any]:
        secret: dict[str, Any] = json.loads(
            self._secrets.get_secret_value(SecretId=self._arn)["SecretString"]
        )
        return secret

    def _write(self, secret: Mapping[str, Any]) -> None:
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=json.dumps(secret))


def _check(name: str, scopes: list[str]) -> None:
    if not NAME.fullmatch(name):
        raise OperatorKeyError("NAME must be 1 to 64 letters, digits, dots, _ or -")
    if not scopes or not OPERATOR_SCOPES.issuperset(scopes):
        raise OperatorKeyError(
            f"SCOPES must be one or more of {', '.join(sorted(OPERATOR_SCOPES))}, separated by commas"
        )


def _endpoint(environment: Mapping[str, str]) -> str | None:
    """None, for AWS itself, unless AWS_ENDPOINT_URL or the AWS_PORT of a local stack is set."""
    port = environment.get("AWS_PORT")
    return environment.get("AWS_ENDPOINT_URL") or (f"http://127.0.0.1:{port}" if port else None)


def _session(environment: Mapping[str, str]) -> boto3.Session:
    if environment.get("AWS_PORT"):
        return boto3.Session("local", "local", region_name="us-east-1")
    return boto3.Session()


def _run(environment: Mapping[str, str]) -> str:
    name = environment.get("NAME", "")
    if not name and not environment.get("LIST"):
        raise OperatorKeyError(USAGE)
    keys = OperatorKeys(_session(environment), environment.get("STACK") or "minipush", _endpoint(environment))
    if environment.get("LIST"):
        return "".join(f"{name}\t{scopes}\n" for name, scopes in keys.list())
    if environment.get("REVOKE"):
        keys.revoke(name)
        return ""
    return keys.add(name, [scope for scope in environment.get("SCOPES", "").split(",") if scope]) + "\n"


def main() -> int:
    try:
        sys.stdout.write(_run(os.environ))
    except (OperatorKeyError, BotoCoreError, ClientError) as error:
        print(f"operator-key: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
