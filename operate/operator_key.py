"""`make operator-key`: creates an operator key as `minipush keys` does, with variables instead of options."""

import os
import sys
from collections.abc import Mapping
from typing import Any

from minipush_cli.aws.key_uses import last_uses
from minipush_cli.aws.operator_keys import KeyOptions, ListedKey, OperatorKeyError, OperatorKeys
from operate.command import run_command, told_if_interrupted
from operate.environments import deployed_stack, make_variables
from operate.switches import is_on

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
    is_list, is_end = is_on(variables, "LIST"), is_on(variables, "REVOKE")
    if not name and not is_list:
        raise OperatorKeyError(USAGE)
    stack = deployed_stack(variables)
    keys = OperatorKeys(stack)
    if is_list:
        return "".join(map(_line, keys.listed(last_uses(stack))))
    if is_end:
        keys.revoke(name)
        return f"{name} is revoked. Every process refuses it within a minute.\n"
    options, where = KeyOptions.read(**_options(variables)), make_variables(variables)
    with told_if_interrupted(
        f"If make operator-key LIST=1{where} lists {name}, nobody knows the key: make operator-key NAME={name} REVOKE=1{where}"
    ):
        return keys.add(name, options) + "\n"


def _options(variables: Mapping[str, str]) -> dict[str, str]:
    """A limit that is given and empty is a mistake, such as a shell's variable that isn't set: it would be no limit.

    Raises OperatorKeyError.
    """
    empty = [name for option in OPTIONS if variables.get(name := option.upper()) == ""]
    if empty:
        raise OperatorKeyError(f"{empty[0]} has no value: give one, or leave it out")
    return {option: variables.get(option.upper(), "") for option in OPTIONS}


def main() -> int:
    return run_command("operator-key", lambda: [_run(os.environ)])


if __name__ == "__main__":
    sys.exit(main())
