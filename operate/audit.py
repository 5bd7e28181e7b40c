"""`make audit`: what operators did, one JSON object a line, the oldest first."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from minipush.adapters.dynamodb.audit import acts_log
from minipush.domain.ids import user_hash
from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.errors import CommandError, Exit
from operate.command import run_command
from operate.environments import deployed_stack

USAGE = "make audit [DAYS=2] [OPERATOR=shop] [OPENID=…] [CAMPAIGN=c-…]"
KEPT_DAYS = 400

type Line = dict[str, Any]


class Audit:
    """The Audit table of one deployment."""

    def __init__(self, stack: DeployedStack) -> None:
        self._table = stack.output("AuditTable")
        self._client = stack.client("dynamodb")

    def acts(self, day: str) -> Iterator[Line]:
        """Of one day (UTC), such as 2026-11-30."""
        for item in self._items(acts_log(day)):
            at, _, request_id = item["entry"]["S"].partition("#")
            yield {
                "at": at,
                "operator": item["operator"]["S"],
                "action": item["action"]["S"],
                "status": int(item["status"]["N"]),
                **json.loads(item["about"]["S"]),
                "request_id": request_id,
            }

    def _items(self, log: str) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#log = :log",
            ExpressionAttributeNames={"#log": "log"},
            ExpressionAttributeValues={":log": {"S": log}},
        )
        for page in pages:
            yield from page["Items"]


def _wanted(variables: Mapping[str, str]) -> Callable[[Line], bool]:
    openid = variables.get("OPENID")
    asked = {
        "operator": variables.get("OPERATOR"),
        "campaign_id": variables.get("CAMPAIGN"),
        "user": user_hash(openid) if openid else None,
    }
    return lambda line: all(line.get(name) == value for name, value in asked.items() if value)


def _days(variables: Mapping[str, str], today: datetime) -> list[str]:
    given = variables.get("DAYS") or "2"
    if not re.fullmatch(r"[1-9][0-9]{0,2}", given) or int(given) > KEPT_DAYS:
        raise CommandError(f"DAYS must be a number from 1 to {KEPT_DAYS}: {USAGE}", Exit.USAGE)
    return [f"{today - timedelta(days=ago):%Y-%m-%d}" for ago in reversed(range(int(given)))]


def _run(variables: Mapping[str, str]) -> Iterator[str]:
    days, is_wanted = _days(variables, datetime.now(UTC)), _wanted(variables)
    audit = Audit(deployed_stack(variables))
    for day in days:
        for line in filter(is_wanted, audit.acts(day)):
            yield json.dumps(line, ensure_ascii=False) + "\n"


def main() -> int:
    return run_command("audit", lambda: _run(os.environ))


if __name__ == "__main__":
    sys.exit(main())
