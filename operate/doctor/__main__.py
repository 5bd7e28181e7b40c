"""`make doctor`."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from minipush_cli.aws.deployed_stack import aws_endpoint
from minipush_cli.doctor.check import Check, failed
from minipush_cli.output import Output
from operate.command import ensure_passed, run_command
from operate.doctor.examined import Examined
from operate.doctor.logged import check_address, check_refused_pushes
from operate.doctor.resources import (
    API,
    check_alarms,
    check_dead_letters,
    check_log_groups,
    check_queue_age,
    check_status,
    check_tables,
)
from operate.doctor.secrets import check_secrets
from operate.doctor.service import check_service
from operate.environments import aws_options, deployed_stack, read_environment, with_variables
from operate.switches import is_on

CHECKS: Mapping[str, Callable[[Examined], Iterator[Check]]] = {
    "alarms": check_alarms,
    "dead letters": check_dead_letters,
    "queues": check_queue_age,
    "tables": check_tables,
    "secrets": check_secrets,
    "logs": check_log_groups,
    "address": check_address,
    "pushes": check_refused_pushes,
}


def examine(variables: Mapping[str, str]) -> Iterator[Check]:
    for check in _checks(variables):
        yield replace(check, next=with_variables(check.next, variables))


def _checks(variables: Mapping[str, str]) -> Iterator[Check]:
    """A stack that was never complete has no outputs. Its status says all: its resources are not there, or not yet."""
    on = _examined(variables)
    yield from check_status(on)
    if not on.stack.outputs:
        return
    for name, check in CHECKS.items():
        try:
            yield from check(on)
        except (BotoCoreError, ClientError) as error:
            yield failed(name, f"AWS does not say: {error}", "check the permissions of your AWS credentials")
    if url := variables.get("API") or on.stack.outputs.get(API):
        yield from check_service(url, variables)


def _examined(variables: Mapping[str, str]) -> Examined:
    stack = deployed_stack(variables)
    region = stack.client("cloudformation").meta.region_name
    if variables.get("AWS_PORT"):
        options = aws_options(region, endpoint=aws_endpoint(variables))
    else:
        options = aws_options(region, read_environment(variables).profile)
    return Examined(stack, options, time.time())


def _run(variables: Mapping[str, str]) -> Iterable[str]:
    """Prints by itself, also what was found before an error."""
    checks: list[Check] = []
    try:
        checks.extend(examine(variables))
    finally:
        _print(checks, variables)
    ensure_passed(checks)
    return ()


def main() -> int:
    return run_command("doctor", lambda: _run(os.environ))


def _print(checks: list[Check], variables: Mapping[str, str]) -> None:
    if not checks:
        return
    output = Output("json" if is_on(variables, "JSON") else "table")
    if output.is_json:
        output.json({"checks": [vars(one) for one in checks]})
    else:
        rows = [(one.name, one.level, one.found, one.next) for one in checks]
        output.table(["check", "", "found", "next"], rows)


if __name__ == "__main__":
    sys.exit(main())
