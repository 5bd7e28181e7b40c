"""`make logs`: what the functions logged lately, the oldest line first."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from minipush.domain.ids import user_hash
from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command
from operate.environments import deployed_stack

USAGE = "make logs [FUNCTION=Push] [SINCE=1h] [LEVEL=ERROR] [FILTER=pattern] [OPENID=…]"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SUFFIX = "Logs"


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """`at` in ms. `function`: its logical id, without `Function`."""

    at: int
    function: str
    text: str

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(self.at / 1000, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}Z {self.function} {self.text.rstrip()}\n"


def read_lines(stack: DeployedStack, groups: Mapping[str, str], since: int, pattern: str) -> Iterator[Line]:
    """`since` in ms. `pattern`: a filter pattern of CloudWatch Logs; empty for all lines."""
    pages = stack.client("logs").get_paginator("filter_log_events")
    for function, group in groups.items():
        wanted = {"filterPattern": pattern} if pattern else {}
        for page in pages.paginate(logGroupName=group, startTime=since, **wanted):
            for event in page["events"]:
                yield Line(event["timestamp"], function, event["message"])


def groups_of(stack: DeployedStack, function: str) -> dict[str, str]:
    """Names of log groups by function; all of them if `function` is empty. Raises CommandError."""
    found = {
        name.removesuffix(SUFFIX): group for name, group in stack.resources("AWS::Logs::LogGroup").items()
    }
    if not function:
        return found
    name = function.removesuffix("Function")
    if name not in found:
        raise CommandError(f"no function {function}; there are {', '.join(sorted(found))}", Exit.USAGE)
    return {name: found[name]}


def since_ms(since: str, now: float) -> int:
    """In ms since the epoch. `now` in seconds. Raises CommandError."""
    matched = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", since)
    if not matched:
        raise CommandError(f"SINCE is a number and s, m, h or d: {USAGE}", Exit.USAGE)
    then = now - int(matched[1]) * SECONDS[matched[2]]
    if then < 0:
        raise CommandError(f"SINCE={since} is before 1970: {USAGE}", Exit.USAGE)
    return int(then * 1000)


def filter_pattern(variables: Mapping[str, str]) -> str:
    """Of CloudWatch Logs, for what LEVEL, FILTER or OPENID asks; empty for all lines. LEVEL: this one and those above.

    Raises CommandError.
    """
    given = [name for name in ("LEVEL", "FILTER", "OPENID") if variables.get(name)]
    if len(given) > 1:
        raise CommandError(f"give one of {', '.join(given)}: {USAGE}", Exit.USAGE)
    level, openid = variables.get("LEVEL", ""), variables.get("OPENID", "")
    if level and level not in LEVELS:
        raise CommandError(f"LEVEL is one of {', '.join(LEVELS)}: {USAGE}", Exit.USAGE)
    if openid:
        return f'"{user_hash(openid)}"'
    return _from_level(level) if level else variables.get("FILTER", "")


def _from_level(level: str) -> str:
    wanted = (f'($.level = "{one}")' for one in _and_above(level))
    return f"{{ {' || '.join(wanted)} }}"


def _and_above(level: str) -> tuple[str, ...]:
    return LEVELS[LEVELS.index(level) :]


def has_level(text: str, level: str) -> bool:
    """Whether the pattern for the level fits the line, also where an emulator knows no patterns of JSON."""
    try:
        entry = json.loads(text)
    except ValueError:  # START, END and REPORT
        return False
    return isinstance(entry, dict) and entry.get("level") in _and_above(level)


def _say_what_is_not_filtered(variables: Mapping[str, str]) -> None:
    if variables.get("FILTER", "").lstrip().startswith("{"):
        print("logs: a local stack knows no JSON patterns: FILTER is ignored", file=sys.stderr)


def _run(variables: Mapping[str, str]) -> list[str]:
    since = since_ms(variables.get("SINCE") or "1h", time.time())
    level, pattern = variables.get("LEVEL", ""), filter_pattern(variables)
    stack = deployed_stack(variables)
    groups = groups_of(stack, variables.get("FUNCTION", ""))
    if stack.is_local:
        _say_what_is_not_filtered(variables)
    lines = sorted(read_lines(stack, groups, since, pattern))
    return [str(line) for line in lines if not level or has_level(line.text, level)]


def main() -> int:
    return run_command("logs", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
