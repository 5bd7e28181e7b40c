"""`doctor` and `status`."""

from typing import TYPE_CHECKING

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from minipush_cli.doctor.check import Check


@command("doctor", example="minipush doctor && echo all is well")
@click.pass_obj
def doctor(on: Context) -> int:
    """Look for what is wrong, and name the next command. The exit code is 1 if a check failed.

    It checks the address, TLS, the clock, the key, the AppSecret and WeChat's answers, the sweep, the callback,
    the templates, the dead letters, the campaigns that paused by themselves, and the message centre's channels.
    """
    from minipush_cli.doctor.check import FAILED

    checks = list(_checks(on))
    _show(on, checks)
    return Exit.FAILED if any(check.level == FAILED for check in checks) else Exit.OK


@command("status", example="minipush status")
@click.pass_obj
def status(on: Context) -> None:
    """Show the state of the deployment, as minipush itself sees it."""
    answer = on.api.get("/status")
    if on.output.is_json:
        on.output.json(answer)
    else:
        from minipush_cli.doctor.deployment import status_rows

        on.output.pairs(status_rows(answer))


def _checks(on: Context) -> "Iterator[Check]":
    from minipush_cli.api import Api
    from minipush_cli.doctor.channels import check_channels
    from minipush_cli.doctor.connection import NoConnectionError, check_connection, check_key
    from minipush_cli.doctor.deployment import check_deployment

    api = Api(on.deployment.url, on.deployment.key, retries=0)
    try:
        yield from check_connection(api)
        yield from check_key(api)
        yield from check_deployment(api)
        yield from check_channels(api)
    except NoConnectionError:
        return


def _show(on: Context, checks: "list[Check]") -> None:
    if on.output.is_json:
        on.output.json(
            {
                "checks": [
                    {"name": one.name, "level": one.level, "found": one.found, "next": one.next}
                    for one in checks
                ]
            }
        )
        return
    on.output.table(
        ["check", "", "found", "next"], [(one.name, one.level, one.found, one.next) for one in checks]
    )


COMMANDS = (doctor, status)
