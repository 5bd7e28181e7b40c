"""Operator keys: the deployment stores only their hashes, in its AccessSecret."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.aws.secret_changes import Value, change_secret, read_secret
from minipush_cli.errors import CommandError, Exit

SCOPES = ("admin", "moderate", "read", "send")
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
LIMITS = ("expires_at", "max_audience", "max_per_second", "templates")
PREFIX = "mp_"
RANDOM_BYTES = 32


class OperatorKeyError(CommandError):
    """Nothing was changed. The message contains the reason."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message, code)


@dataclass(frozen=True)
class KeyOptions:
    """What a new key may do. None: no limit. `expires_at`: an instant in ISO 8601."""

    scopes: list[str]
    expires_at: str | None = None
    max_audience: int | None = None
    max_per_second: int | None = None
    templates: list[str] | None = None

    @classmethod
    def read(
        cls,
        *,
        scopes: str,
        expires: str = "",
        max_audience: str = "",
        max_per_second: str = "",
        templates: str = "",
    ) -> "KeyOptions":
        """From texts; lists are separated by commas. Raises OperatorKeyError."""
        return cls(
            scopes=_scopes(scopes),
            expires_at=_expiry(expires),
            max_audience=_whole("the maximum audience", max_audience),
            max_per_second=_whole("the maximum per second", max_per_second),
            templates=_templates(templates),
        )

    def entry(self, name: str, key: str) -> Value:
        limits = {limit: getattr(self, limit) for limit in LIMITS}
        given = {limit: value for limit, value in limits.items() if value is not None}
        return {"name": name, "scopes": self.scopes, "hash": hash_key(key)} | given


@dataclass(frozen=True)
class ListedKey:
    """`scopes` is None for an entry that somebody damaged: it opens nothing. `last_used`: an instant."""

    name: str
    scopes: list[str] | None
    limits: Mapping[str, Any]
    last_used: str | None


class OperatorKeys:
    """The operator keys of one deployment. Raises SecretContendedError."""

    def __init__(self, stack: DeployedStack) -> None:
        self._client = stack.client("secretsmanager")
        self._arn = stack.output("AccessSecretArn")

    def add(self, name: str, options: KeyOptions, key: str | None = None) -> str:
        """Return the key: a new one, unless it is given. It is stored nowhere and cannot be read again."""
        if not NAME.fullmatch(name):
            raise OperatorKeyError("a key's name is 1 to 64 letters, digits, dots, _ or -")
        key = key or new_key()
        entry = options.entry(name, key)
        change_secret(self._client, self._arn, lambda secret: _with_entry(secret, entry))
        return key

    def revoke(self, name: str) -> None:
        def change(secret: Value) -> Value:
            left = [entry for entry in secret["operator_keys"] if _name(entry) != name]
            if len(left) == len(secret["operator_keys"]):
                raise OperatorKeyError(f"no key is named {name}", Exit.NOT_FOUND)
            return secret | {"operator_keys": left}

        change_secret(self._client, self._arn, change)

    def listed(self, last_uses: Mapping[str, str]) -> list[ListedKey]:
        entries = read_secret(self._client, self._arn)["operator_keys"]
        return [_listed(entry, last_uses) for entry in entries]


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def hash_key(key: str) -> str:
    """As the deployment computes it."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def _with_entry(secret: Value, entry: Value) -> Value:
    present = secret["operator_keys"]
    if any(_name(one) == entry["name"] for one in present):
        raise OperatorKeyError(
            f"a key named {entry['name']} already exists: revoke it first, or choose another name", Exit.STATE
        )
    return secret | {"operator_keys": [*present, entry]}


def _name(entry: object) -> str | None:
    """None for an entry that somebody damaged."""
    return entry.get("name") if isinstance(entry, dict) else None


def _listed(entry: Value, last_uses: Mapping[str, str]) -> ListedKey:
    name = _name(entry)
    if name is None or not {"scopes", "hash"} <= entry.keys():
        return ListedKey(name or "?", None, {}, None)
    limits = {limit: entry[limit] for limit in LIMITS if limit in entry}
    return ListedKey(name, entry["scopes"], limits, last_uses.get(name))


# ---- options


def _scopes(given: str) -> list[str]:
    scopes = [scope for scope in given.split(",") if scope]
    if not scopes or not set(SCOPES).issuperset(scopes):
        raise OperatorKeyError(f"the scopes are one or more of {', '.join(SCOPES)}, separated by commas")
    return scopes


def _expiry(given: str) -> str | None:
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", given))
    except ValueError:
        raise OperatorKeyError("the expiry is a day or an instant in ISO 8601, such as 2027-01-31") from None
    moment = moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    if moment <= datetime.now(timezone.utc):
        raise OperatorKeyError("the expiry is in the past")
    return moment.isoformat().replace("+00:00", "Z")


def _whole(what: str, given: str) -> int | None:
    if not given:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", given):
        raise OperatorKeyError(f"{what} is a whole number, 1 or more")
    return int(given)


def _templates(given: str) -> list[str] | None:
    templates = [template for template in given.split(",") if template]
    if not all(TEMPLATE_ID.fullmatch(template) for template in templates):
        raise OperatorKeyError("the templates are template ids, separated by commas")
    return templates or None
