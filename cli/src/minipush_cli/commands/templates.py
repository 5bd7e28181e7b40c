"""`templates`: the templates of an account, and how many accepts of each to hold."""

from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.context import Context
from minipush_cli.files import FILE, read_json
from minipush_cli.output import say
from minipush_cli.texts import instant

OFFICIAL = "official"

official_option = click.option("--official", is_flag=True, help="Those of the official account.")


@command("list", example="minipush templates list")
@official_option
@click.pass_obj
def list_(on: Context, official: bool) -> None:
    """List the templates as of the last sync."""
    pages = list(on.api.pages("/templates", {"account": OFFICIAL if official else None}))
    items = [one for page in pages for one in page["items"]]
    _show(on, {**pages[0], "items": items, "next_cursor": None}, official=official)


@command("sync", example="minipush templates sync --official")
@official_option
@click.pass_obj
def sync(on: Context, official: bool) -> None:
    """Read the templates from WeChat now."""
    path = f"/templates/sync?account={OFFICIAL}" if official else "/templates/sync"
    _show(on, on.api.post(path, is_safe=True), official=official)


@command("plan", example="minipush templates plan targets.json")
@click.argument("file", type=FILE, required=False)
@click.pass_obj
def plan(on: Context, file: str | None) -> None:
    """Set how many accepts of each template to hold for each user; without FILE, show it.

    FILE contains JSON as PUT /templates/stock takes it: {"templates": [{"template_id": "S1", "wanted": 3}]}
    """
    _show_targets(
        on, on.api.put("/templates/stock", read_json(file)) if file else on.api.get("/templates/stock")
    )


def _show(on: Context, answer: dict[str, Any], *, official: bool) -> None:
    if on.output.is_json:
        on.output.json(answer)
        return
    if not answer.get("synced_at"):
        command = "minipush templates sync --official" if official else "minipush templates sync"
        say(f"The templates have not been read from WeChat yet. Run: {command}")
    on.output.table(
        ["template", "title", "type", "fields"],
        [(one["template_id"], one["title"], one["type"], one["keys"]) for one in answer["items"]],
    )
    if answer.get("synced_at"):
        say(f"As of {instant(answer['synced_at'])}.")


def _show_targets(on: Context, targets: dict[str, Any]) -> None:
    if on.output.is_json:
        on.output.json(targets)
        return
    on.output.table(
        ["template", "#wanted", "long-term"],
        [(one["template_id"], one["wanted"], one["long_term"]) for one in targets["templates"]],
    )
    say(f"After a refusal, a template is not asked for again for {targets['pause_hours']} hours.")


COMMANDS = (list_, sync, plan)
