"""`stop` and `go`: whether anything is sent at all."""

from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.output import confirm


@command("stop", example="minipush stop --reason 'wrong template'")
@click.option("--reason", metavar="TEXT", help="For your colleagues.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def stop(on: Context, reason: str | None, yes: bool) -> None:
    """Stop all sending within a second: direct messages and campaigns. Nothing is lost."""
    if not yes:
        confirm(f"Stop all sending at {on.deployment.url}?")
    body: dict[str, Any] = {"enabled": False, **({"reason": reason} if reason else {})}
    _show(on, on.api.put("/sending", body))


@command("go", example="minipush go")
@click.pass_obj
def go(on: Context) -> None:
    """Allow sending again. Campaigns that were stopped go on where they were."""
    _show(on, on.api.put("/sending", {"enabled": True}))


def _show(on: Context, sending: dict[str, Any]) -> None:
    if on.output.is_json:
        on.output.json(sending)
        return
    reason = f": {sending['reason']}" if sending.get("reason") else ""
    on.output.pairs([("sending", "on" if sending["enabled"] else f"off{reason}")])


COMMANDS = (stop, go)
