"""`make logs`: what the functions logged lately, the oldest line first."""

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


def _seconds(since: str) -> int:
    matched = re.fullmatch(r"([1-9][0-9]{0,4})([smhd])", since)
    if not matched:
        raise CommandError(f"SINCE is a number and s, m, h or d: {USAGE}", Exit.USAGE)
    return int(matched[1]) * SECONDS[matched[2]]


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
    wanted = (f'($.level = "{one}")' for one in LEVELS[LEVELS.index(level) :])
    return f"{{ {' || '.join(wanted)} }}"


def _run(variables: Mapping[str, str]) -> list[str]:
    seconds, pattern = _seconds(variables.get("SINCE") or "1h"), filter_pattern(variables)
    stack = deployed_stack(variables)
    groups = groups_of(stack, variables.get("FUNCTION", ""))
    since = int((time.time() - seconds) * 1000)
    return [str(line) for line in sorted(read_lines(stack, groups, since, pattern))]


def main() -> int:
    return run_command("logs", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
