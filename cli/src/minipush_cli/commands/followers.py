"""`followers`: who follows the official account."""

from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.output import say
from minipush_cli.texts import instant, number


@command("sync", example="minipush followers sync")
@click.pass_obj
def sync(on: Context) -> None:
    """Read all followers from WeChat, in the background. One sync runs at a time."""
    answer = on.api.post("/official/sync", is_safe=True)
    _show(on, answer, answer)


@command("show", example="minipush followers show")
@click.pass_obj
def show(on: Context) -> None:
    """Show how far the last sync is."""
    answer = on.api.get("/official/sync")
    if answer["sync"] is None and not on.output.is_json:
        say("The followers have not been read yet. Run: minipush followers sync")
        return
    _show(on, answer, answer["sync"])


def _show(on: Context, answer: dict[str, Any], last: dict[str, Any]) -> None:
    if on.output.is_json:
        on.output.json(answer)
        return
    finished = instant(last["finished_at"]) if last["finished_at"] else "under way"
    on.output.pairs(
        [
            ("started", instant(last["started_at"])),
            ("finished", finished),
            ("followers", number(last["followers"])),
        ]
    )


COMMANDS = (sync, show)
