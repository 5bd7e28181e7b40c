"""`make operator-key`: creates an operator key and stores only its hash in the deployment's AccessSecret."""

import os
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from local.audit import Audit
from local.deployed_stack import DeployedStack, DeployedStackError
from local.secret_changes import SecretContendedError, Value, change_secret, read_secret
from minipush.http.edge.access import OPERATOR_SCOPES
from minipush.http.edge.operator_keys import hash_key

USAGE = (
    "make operator-key NAME=shop-backend SCOPES=send,read "
    "[EXPIRES=2027-01-31] [MAX_AUDIENCE=100] [MAX_PER_SECOND=5] [TEMPLATES=id,id], "
    "or NAME=… REVOKE=1, or LIST=1"
)
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LIMITS = ("expires_at", "max_audience", "max_per_second", "templates")
PREFIX = "mp_"
RANDOM_BYTES = 32


class OperatorKeyError(Exception):
    """The command changed nothing. The message contains the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOptions:
    """What a new key may do. None: no limit. `expires_at`: an instant in ISO 8601."""

    scopes: list[str]
    expires_at: str | None = None
    max_audience: int | None = None
    max_per_second: int | None = None
    templates: list[str] | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "KeyOptions":
        """Raises OperatorKeyError."""
        return cls(
            scopes=_scopes(environment.get("SCOPES", "")),
            expires_at=_expiry(environment.get("EXPIRES", "")),
            max_audience=_whole(environment, "MAX_AUDIENCE"),
            max_per_second=_whole(environment, "MAX_PER_SECOND"),
            templates=_templates(environment.get("TEMPLATES", "")),
        )

    def entry(self, name: str, key: str) -> Value:
        limits = {limit: getattr(self, limit) for limit in LIMITS}
        given = {limit: value for limit, value in limits.items() if value is not None}
        return {"name": name, "scopes": self.scopes, "hash": hash_key(key)} | given


class OperatorKeys:
    """The operator keys of one deployment. Raises SecretContendedError."""

    def __init__(self, stack: DeployedStack) -> None:
        self._client = stack.client("secretsmanager")
        self._arn = stack.output("AccessSecretArn")

    def add(self, name: str, options: KeyOptions) -> str:
        """Return the key. It is stored nowhere and cannot be read again."""
        if not NAME.fullmatch(name):
            raise OperatorKeyError("NAME must be 1 to 64 letters, digits, dots, _ or -")
        key = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
        entry = options.entry(name, key)
        change_secret(self._client, self._arn, lambda secret: _with_entry(secret, entry))
        return key

    def revoke(self, name: str) -> None:
        def change(secret: Value) -> Value:
            left = [entry for entry in secret["operator_keys"] if _name(entry) != name]
            if len(left) == len(secret["operator_keys"]):
                raise OperatorKeyError(f"no key is named {name}")
            return secret | {"operator_keys": left}

        change_secret(self._client, self._arn, change)

    def list(self, last_uses: Mapping[str, str]) -> str:
        """A line for each key: its name, its scopes, its limits and its last use, between tabs."""
        entries = read_secret(self._client, self._arn)["operator_keys"]
        return "".join("\t".join(_columns(entry, last_uses)) + "\n" for entry in entries)


def _with_entry(secret: Value, entry: Value) -> Value:
    present = secret["operator_keys"]
    if any(_name(one) == entry["name"] for one in present):
        raise OperatorKeyError(
            f"a key named {entry['name']} already exists: revoke it first, or choose another name"
        )
    return secret | {"operator_keys": [*present, entry]}


def _name(entry: object) -> str | None:
    """None for an entry that somebody damaged: it opens nothing."""
    return entry.get("name") if isinstance(entry, dict) else None


def _columns(entry: Value, last_uses: Mapping[str, str]) -> list[str]:
    name = _name(entry)
    if name is None or not {"scopes", "hash"} <= entry.keys():
        return [name or "?", "unreadable"]
    used = [f"last_used={last_uses[name]}"] if name in last_uses else []
    limits = [f"{limit}={_text(entry[limit])}" for limit in LIMITS if limit in entry]
    return [name, _text(entry["scopes"]), *limits, *used]


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


# ---- options


def _scopes(given: str) -> list[str]:
    scopes = [scope for scope in given.split(",") if scope]
    if not scopes or not OPERATOR_SCOPES.issuperset(scopes):
        raise OperatorKeyError(
            f"SCOPES must be one or more of {', '.join(sorted(OPERATOR_SCOPES))}, separated by commas"
        )
    return scopes


def _expiry(given: str) -> str | None:
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise OperatorKeyError(
            "EXPIRES must be a day or an instant in ISO 8601, such as 2027-01-31"
        ) from None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= datetime.now(UTC):
        raise OperatorKeyError("EXPIRES is in the past")
    return moment.isoformat().replace("+00:00", "Z")


def _whole(environment: Mapping[str, str], name: str) -> int | None:
    given = environment.get(name, "")
    if not given:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", given):
        raise OperatorKeyError(f"{name} must be a whole number, 1 or more")
    return int(given)


def _templates(given: str) -> list[str] | None:
    templates = [template for template in given.split(",") if template]
    if not all(TEMPLATE_ID.fullmatch(template) for template in templates):
        raise OperatorKeyError("TEMPLATES must be template ids, separated by commas")
    return templates or None


# ---- the command


def _run(environment: Mapping[str, str]) -> str:
    name = environment.get("NAME", "")
    if not name and not environment.get("LIST"):
        raise OperatorKeyError(USAGE)
    stack = DeployedStack.of(environment)
    keys = OperatorKeys(stack)
    if environment.get("LIST"):
        return keys.list(Audit(stack).last_uses())
    if environment.get("REVOKE"):
        keys.revoke(name)
        return ""
    return keys.add(name, KeyOptions.read(environment)) + "\n"


def main() -> int:
    try:
        sys.stdout.write(_run(os.environ))
    except (OperatorKeyError, DeployedStackError, SecretContendedError, BotoCoreError, ClientError) as error:
        print(f"operator-key: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
