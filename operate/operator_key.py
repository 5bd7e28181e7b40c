"""`make operator-key`: creates an operator key as `minipush keys` does, with variables instead of options."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from minipush_cli.aws.key_uses import last_uses
from minipush_cli.aws.operator_keys import KeyOptions, ListedKey, OperatorKeyError, OperatorKeys
from operate.command import run_command
from operate.environments import deployed_stack

USAGE = (
    "make operator-key NAME=shop-backend SCOPES=send,read "
    "[EXPIRES=2027-01-31] [MAX_AUDIENCE=100] [MAX_PER_SECOND=5] [TEMPLATES=id,id], "
    "or NAME=… REVOKE=1, or LIST=1"
)
OPTIONS = ("scopes", "expires", "max_audience", "max_per_second", "templates")


def _line(key: ListedKey) -> str:
    """Its name, its scopes, its limits and its last use, between tabs."""
    if key.scopes is None:
        return f"{key.name}\tunreadable\n"
    limits = [f"{limit}={_text(value)}" for limit, value in key.limits.items()]
    used = [f"last_used={key.last_used}"] if key.last_used else []
    return "\t".join([key.name, _text(key.scopes), *limits, *used]) + "\n"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _run(variables: Mapping[str, str]) -> str:
    name = variables.get("NAME", "")
    if not name and not variables.get("LIST"):
        raise OperatorKeyError(USAGE)
    stack = deployed_stack(variables)
    keys = OperatorKeys(stack)
    if variables.get("LIST"):
        return "".join(map(_line, keys.listed(last_uses(stack))))
    if variables.get("REVOKE"):
        keys.revoke(name)
        return ""
    options = {option: variables.get(option.upper(), "") for option in OPTIONS}
    return keys.add(name, KeyOptions.read(**options)) + "\n"


def main() -> int:
    return run_command("operator-key", lambda: [_run(os.environ)])


if __name__ == "__main__":
    sys.exit(main())
