"""`campaigns report`: what became of each recipient."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import click

from minipush_cli.command import command
from minipush_cli.commands.campaigns import ID, campaign_argument, path_of
from minipush_cli.context import Context
from minipush_cli.csv_rows import write_rows
from minipush_cli.output import say
from minipush_cli.texts import instant

COLUMNS = ("openid", "status", "reason", "errcode", "errmsg", "rid", "msgid", "permit_kind", "at")
PAGE = 1000
IN_A_TABLE = 1000  # a table is laid out as a whole


@command("report", example=f"minipush campaigns report {ID} --csv > report.csv")
@campaign_argument
@click.option("--csv", "as_csv", is_flag=True, help="All recipients as CSV.")
@click.option("--status", type=click.Choice(["sent", "failed", "skipped", "unknown"]))
@click.pass_obj
def report(on: Context, campaign_id: str, as_csv: bool, status: str | None) -> None:
    """List the recipients of a campaign, and what became of each.

    A table has the first 1,000 only; --csv and -o json have all of them.
    """
    campaign = on.api.get(path_of(campaign_id))
    if campaign["status"] in {"running", "scheduled", "paused"}:
        say(f"The campaign is {campaign['status']}: this is the report so far.")
    entries = on.api.items(f"{path_of(campaign_id)}/recipients", {"status": status}, page=PAGE)
    if as_csv:
        write_rows(COLUMNS, ([entry.get(name) for name in COLUMNS] for entry in entries))
    elif on.output.is_json:
        on.output.json_list(entries)
    else:
        _show(on, entries)


def _show(on: Context, entries: Iterator[dict[str, Any]]) -> None:
    first = list(islice(entries, IN_A_TABLE))
    rows = [
        (*(one.get(name) for name in ("openid", "status", "reason", "errcode", "errmsg")), instant(one["at"]))
        for one in first
    ]
    on.output.table(["openid", "status", "reason", "errcode", "errmsg", "at"], rows)
    if next(entries, None) is not None:
        say(f"There are more than {IN_A_TABLE:,} recipients. For all of them, add --csv.")


COMMANDS = (report,)
